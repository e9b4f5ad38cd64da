"""The links of pages, and the anchors that a page has in the repository's browser and on the site."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import PurePosixPath
from posixpath import normpath
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from tests.docs.blocks import pages, prose

CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
BESIDES = ("CHANGELOG.md",)


class Link(NamedTuple):
    """A link, by the page that has it."""

    page: str
    target: str

    @property
    def end(self) -> tuple[str, str] | None:
        """Where it ends: a path in the repository and an anchor; None if that is elsewhere."""
        parts = urlsplit(self.target)
        if parts.scheme or parts.netloc:
            return None
        if not parts.path:
            return self.page, unquote(parts.fragment)
        return normpath(PurePosixPath(self.page).parent / parts.path), unquote(parts.fragment)


def links() -> Iterator[Link]:
    """Yield the links of all pages."""
    for page in (*pages(), *BESIDES):
        for target in LINK.findall(CODE.sub("`code`", prose(page))):
            yield Link(page, target)


@cache
def anchors(page: str) -> frozenset[str]:
    """Return the anchors of a page that are the same in the repository's browser and on the site."""
    headings = [plain(heading) for heading in HEADING.findall(prose(page))]
    on_site = [slug_of_mkdocs(heading) for heading in headings]
    return frozenset(
        anchor
        for heading, anchor in zip(headings, on_site, strict=True)
        if anchor == slug_of_github(heading) and on_site.count(anchor) == 1
    )


def plain(heading: str) -> str:
    """Return a heading in small letters, without links and punctuation."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
    return re.sub(r"[^\w\s-]", "", text).strip()


def slug_of_github(heading: str) -> str:
    """Return the anchor of a plain heading with a hyphen for each space."""
    return re.sub(r"\s", "-", heading)


def slug_of_mkdocs(heading: str) -> str:
    """Return it with one hyphen for several."""
    return re.sub(r"[\s-]+", "-", heading)
