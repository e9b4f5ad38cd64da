"""Durations as a person writes them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alicred_emulator.durations import duration, told


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("5h44m59s", timedelta(hours=5, minutes=44, seconds=59)),
        ("-1d", timedelta(days=-1)),
        ("300ms", timedelta(milliseconds=300)),
        ("0s", timedelta(0)),
        ("90m", timedelta(minutes=90)),
    ],
)
def test_whole_numbers_with_their_units_make_a_duration(text, length):
    """Units may be mixed, and a minus sign before the whole leads back."""
    assert duration(text) == length


@pytest.mark.parametrize("text", ["", "5", "h", "1.5s", "1 h", "+1s", "1h-5m", "1w", "\uff11s", "--1s"])
def test_what_is_no_duration_is_refused_with_an_example(text):
    """A bare number is refused as well, since nobody can know its unit."""
    with pytest.raises(ValueError, match="is no duration; write it like 5h44m59s"):
        duration(text)


def test_a_duration_that_no_clock_knows_is_refused():
    """What Python's own durations cannot hold is no crash."""
    with pytest.raises(ValueError, match="longer than any clock goes"):
        duration("9999999999999999d")


@given(st.integers(-(10**12), 10**12))
def test_what_is_told_reads_the_same(milliseconds):
    """Writing and reading are each other's inverse, to the millisecond."""
    length = timedelta(milliseconds=milliseconds)
    assert duration(told(length)) == length
