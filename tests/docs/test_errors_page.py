"""docs/errors.md knows every class that alicred raises, every code of STS with its remedy, what passes."""

import re

from alicred import exceptions
from alicred.exceptions import CredentialException
from alicred.providers import sts_remedies
from tests.docs.blocks import text_of

PAGE = text_of("docs/errors.md")


def rows(heading):
    """The rows of the tables under a heading, as cells."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `([^`|]+)` \| (.*) \|$", section, re.MULTILINE)


def test_every_class_is_there():
    """Whoever adds one says who has to act."""
    named = [name for name, _ in rows("Who has to act")]
    assert sorted(named) == sorted({*exceptions.__all__} - {"Attempt"})


def test_every_attribute_is_there():
    """They are the same for all."""
    named = re.findall(r"^\| `(\w+)` \|", PAGE.partition("\n## ")[0], re.MULTILINE)
    assert sorted(named) == sorted({*vars(CredentialException("x"))} | {"temporary"})


def test_every_code_is_there_with_its_remedy():
    """As the message says it, in the order of the code."""
    assert rows("What STS says") == [*sts_remedies.REMEDIES.items()]


def test_what_passes_by_itself_is_said():
    """No other code does."""
    [sentence] = re.findall(r"`Throttling.User` is `Throttling`\. (.*?) pass by themselves", PAGE, re.DOTALL)
    temporary = filter(sts_remedies.is_temporary, sts_remedies.REMEDIES)
    assert sorted(re.findall("`(.*?)`", sentence)) == sorted(temporary)
