"""docs/id/mulai-cepat.md is the three English quickstarts, told in Indonesian: it shows the same code."""

from tests.docs.blocks import blocks_of, take, text_of

INDONESIAN = "docs/id/mulai-cepat.md"
ENGLISH = ("docs/quickstart/testing.md", "docs/quickstart/laptop.md", "docs/quickstart/production.md")
# The English ones are run, and these with them, being the same.
PYTHON = take("docs/id/mulai-cepat.md", "python")
CONSOLE = take("docs/id/mulai-cepat.md", "console")
SH = take("docs/id/mulai-cepat.md", "sh")


def code(block):
    """Return what a reader sees of a block."""
    return block.language, block.title, block.text


def test_both_languages_show_the_same_code():
    """Block by block, in the order of the English pages: neither can be changed without the other."""
    run = [block for page in ENGLISH for block in blocks_of(page)]
    shown = sorted([*PYTHON, *CONSOLE, *SH], key=lambda block: block.number)
    assert shown == list(blocks_of(INDONESIAN))
    assert list(map(code, shown)) == list(map(code, run))


def test_each_leads_to_the_other():
    """Whoever lands on the wrong one is a click away from the right one."""
    sections = {"testing": "pengujian", "laptop": "laptop", "production": "produksi"}
    for page, section in zip(ENGLISH, sections.values(), strict=True):
        assert f"](../id/mulai-cepat.md#{section})" in text_of(page)
        assert f"](../{page.removeprefix('docs/')})" in text_of(INDONESIAN)
        assert f"\n## {section.capitalize()}\n" in text_of(INDONESIAN)
