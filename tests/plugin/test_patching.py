"""Attributes that stand in for others for a while."""

import pytest

from alicred_emulator.patching import replaced


class Base:
    def inherited(self):
        return "base"


class Owner(Base):
    value = 1

    @classmethod
    def made(cls):
        return cls


def test_replaces_and_puts_back():
    """An attribute has its new value inside, and its old one afterwards."""
    with replaced(Owner, {"value": 2}):
        assert Owner.value == 2
    assert Owner.value == 1


def test_puts_back_what_was_found():
    """A classmethod is one again, and what was inherited is inherited again."""
    before = dict(vars(Owner))
    with replaced(Owner, {"made": None, "inherited": None, "new": None}):
        assert (Owner.made, Owner.inherited, Owner.new) == (None, None, None)
    assert dict(vars(Owner)) == before
    assert Owner.made() is Owner


def test_puts_back_after_an_error():
    """An error inside leaves nothing behind."""
    with pytest.raises(LookupError), replaced(Owner, {"value": 2}):
        raise LookupError
    assert Owner.value == 1
