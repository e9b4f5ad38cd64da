"""A profile as its providers read it: fields of the right kind, errors that name everything but values."""

import pytest

from alicred.exceptions import ConfigurationError
from alicred.profile_files import Content, ProfileFile, Stamp
from alicred.profiles import Fields, Profile

CANARY = "cAnArY0SeCrEt7"


@pytest.fixture
def profile():
    """Build a profile of these fields."""
    return lambda **fields: Profile(file="/home/me/config.json", name="work", fields=fields)


@pytest.mark.parametrize(("value", "read"), [("x", "x"), ("", None), (None, None)])
def test_a_text_that_is_empty_is_not_there(profile, value, read):
    """aliyun-cli leaves out what is empty, others write it."""
    assert profile(field=value).text("field") == read
    assert profile().text("field") is None


@pytest.mark.parametrize(("value", "read"), [(0, 0), (900, 900), (None, None)])
def test_a_number_is_whole(profile, value, read):
    """Nought included."""
    assert profile(field=value).number("field") == read


@pytest.mark.parametrize(
    ("value", "switch"),
    [(True, True), (False, False), ("TRUE", True), ("false", False), ("", None), (None, None)],
)
def test_a_switch_that_is_not_there_is_off(profile, value, switch):
    """In an INI file it is a text."""
    assert profile(field=value).switch("field") is switch
    assert profile(field=value).flag("field") is bool(switch)


@pytest.mark.parametrize(
    ("read", "value", "words"),
    [
        ("text", 7, "field is not a text. Write it in quotation marks."),
        ("text", [CANARY], "field is not a text."),
        ("required_text", "", "field is missing or empty. Add it, or choose another profile."),
        ("number", CANARY, "field is not a whole number. Write it in digits, without quotation marks."),
        ("number", True, "field is not a whole number."),
        ("number", 1.5, "field is not a whole number."),
        ("switch", CANARY, "field is neither true nor false. Write one of them."),
        ("flag", 1, "field is neither true nor false."),
    ],
)
def test_what_is_of_another_kind_is_told_with_file_profile_and_field(profile, told, read, value, words):
    """And what to do about it; the value is not shown."""
    with pytest.raises(ConfigurationError) as caught:
        getattr(profile(field=value), read)("field")
    assert f'cli_profile: profile "work" of /home/me/config.json: {words}' in str(caught.value)
    assert CANARY not in told(caught.value)


def test_a_profile_is_never_changed_and_shows_no_value(profile):
    """Like every value of alicred's."""
    one = profile(secret=CANARY)
    with pytest.raises(AttributeError, match="never changed"):
        one.name = "other"
    assert repr(one) == "Profile(file='/home/me/config.json', name='work', fields=['secret'])"
    assert one == profile(secret=CANARY)
    assert one != profile(secret="other")


def test_what_holds_the_values_shows_their_names_alone():
    """A traceback with local variables is read by many."""
    assert repr(Fields(b=CANARY, a=1)) == "['a', 'b']"
    assert CANARY not in repr(Content(CANARY.encode(), Stamp(1, 2, 3)))


def test_a_file_that_does_not_exist_has_no_state_and_no_content(tmp_path):
    """That is no error: it may not be configured."""
    for path in (tmp_path / "x", tmp_path / "x" / "y"):
        file = ProfileFile(str(path), place="profile")
        assert file.stamp() is None
        assert file.read() == f"{path} does not exist."


def test_a_file_in_place_of_a_directory_has_no_files_in_it(tmp_path):
    """As ~/.aliyun may be anything."""
    (tmp_path / "x").write_text("")
    assert ProfileFile(str(tmp_path / "x" / "y"), place="profile").read().endswith(" does not exist.")


def test_a_file_is_read_together_with_its_state(tmp_path):
    """What is noticed later is a change of what was read."""
    file = ProfileFile(str(tmp_path / "x"), place="profile")
    (tmp_path / "x").write_bytes(b"1")
    content = file.read()
    assert content == Content(b"1", file.stamp())
    (tmp_path / "x").write_bytes(b"22")
    assert file.stamp() != content.stamp
