"""docs/refreshing.md and its picture tell what alicred does; `make refresh-timeline` draws it anew."""

from datetime import timedelta
from itertools import pairwise

from alicred import refresh
from alicred.providers import external, profile_file
from tests.docs import refresh_timeline
from tests.docs.blocks import text_of
from tests.docs.refresh_lives import LIVES, lived

PAGE = text_of("docs/refreshing.md")
_, SESSION, OUTAGE = LIVES


def test_the_picture_is_up_to_date():
    """Whoever changes when a credential is refreshed draws it anew."""
    assert refresh_timeline.picture() == refresh_timeline.PICTURE.read_text(encoding="utf-8")


def test_the_picture_shows_an_outage_that_is_survived_to_the_end():
    """Attempts are made all the time, errors begin with the end, and a recovery ends them."""
    seen = lived(OUTAGE)
    [(_, due, end), (recovered, *_)] = seen.given
    assert seen.refused[0] == due
    assert seen.errors[0] == end
    assert recovered > seen.errors[-1]
    pauses = [after - before for before, after in pairwise([*seen.refused, recovered])]
    # Readers come once a second.
    assert timedelta(seconds=1) <= min(pauses) <= max(pauses) <= timedelta(seconds=61)


def test_the_picture_shows_threads_that_share_a_request():
    """However many read at once, there is one request for each credential, when a quarter is left."""
    seen = lived(SESSION)
    assert seen.fetches == len(seen.given) > 1
    assert seen.reads > SESSION.threads * seen.fetches
    for fetched, due, end in seen.given:
        assert end - due == (end - fetched) / 4
    assert [fetched for fetched, _, _ in seen.given[1:]] == [due for _, due, _ in seen.given[:-1]]


def test_the_numbers_are_those_of_the_code():
    """Each stands in `alicred.refresh`."""
    minutes = refresh.fifteen_minutes(6 * 3600) / 60
    assert f"{minutes:g} minutes before its end" in PAGE
    assert refresh.quarter_of_lifetime(3600) == 3600 / 4
    shortest, longest = refresh.quarter_of_lifetime(1), refresh.quarter_of_lifetime(1e9)
    assert f"{shortest:g} seconds at least, {longest / 60:g} minutes at most" in PAGE
    untold = f"{external._LOOK_AGAIN_SECONDS:g} seconds after it was fetched; a session is taken to last "
    assert f"{untold}{external._SHORTEST_SESSION_SECONDS:g} seconds" in PAGE
    assert f"looked at once in {profile_file._LOOK_AGAIN_SECONDS:g} seconds" in PAGE


def test_the_pauses_are_those_of_the_code():
    """The first one, the next one by the one before, and the longest one."""
    shortest, first = refresh.next_delay(0, min), refresh.next_delay(0, max)
    assert f"the pause is between {shortest:g} s and {first:g} s" in PAGE
    assert refresh.next_delay(10, min) == shortest
    times, longest = refresh.next_delay(10, max) / 10, refresh.next_delay(1e9, max)
    assert (
        f"between {shortest:g} s and {times:g} times the pause\nbefore, and never more than {longest:g} s"
        in PAGE
    )
    assert f"attempts {shortest:g} s to {longest:g} s apart" in OUTAGE.title
