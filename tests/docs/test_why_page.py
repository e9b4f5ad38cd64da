"""docs/why.md names no figure that does not stand on a page which is made by measuring or counting."""

import re

from tests.docs.blocks import text_of

# What stands in the sentence: where it is from, in the words of that page.
FIGURES = {
    "tells 595 stories": ("docs/conformance.md", "595 lifecycle stories"),
    "lives through 139 of them": (
        "docs/conformance.md",
        "| `sdk-sync` | alibabacloud_credentials 1.0.12 | 139 |",
    ),
    "of the 74 that rest on documentation": ("docs/conformance.md", "| documented | 74 |"),
    "passes 69": ("docs/conformance.md", "| documented | 74 | 74 | 74 | 69 |"),
    "64 tasks that ask at once": ("docs/performance.md", "64 tasks: stopped after 12 s: fetches 0"),
    "stopped after 12 s": ("docs/performance.md", "served 0"),
    "stops in 1.29 ms": ("docs/performance.md", "| one fake: start, first answer, stop (median) | 1.29 ms"),
    "takes 3.59 ms": ("docs/performance.md", "best tenth) | 3.59 ms"),
    "takes 16.4 ms": ("docs/performance.md", "SDK, freezegun, pytest-httpserver: 16.4 ms"),
    "in 13 s": ("docs/performance.md", "told to alicred sync and async | 13 s"),
    "64 tasks that ask a cold client": ("docs/performance.md", "| 64 tasks, cold client"),
    "wait for 1.56 ms more": ("docs/performance.md", "longest wait: the fetch + 1.56 ms"),
    "takes 14.4 ms": ("docs/performance.md", "over a bare interpreter (minima) | 14.4 ms"),
    "takes 246 ms": ("docs/performance.md", "SDK: 246 ms"),
    "On 90 of 136 machines": ("docs/differences.md", "On 136 machines"),
}


def test_every_figure_is_that_of_its_page():
    """Whoever measures anew has to mend the sentence as well."""
    page = " ".join(text_of("docs/why.md").split())
    for sentence, (source, there) in FIGURES.items():
        assert sentence in page, sentence
        assert there in text_of(source), f"{source} no longer says {there!r}: mend docs/why.md"
    assert "On 90 of them both find the same" in text_of("docs/differences.md")


def test_there_is_no_other_figure():
    """All digits of the page are in a sentence of the table above."""
    page = " ".join(text_of("docs/why.md").split())
    for sentence in FIGURES:
        page = page.replace(sentence, "")
    page = page.replace("595 stories are told to alicred", "")
    assert re.findall(r"[^\n ]*\d[^\n ]*", page) == []
