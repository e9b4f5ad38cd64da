"""Every relative link leads somewhere, in the repository as on the site, and the site has every page."""

from pathlib import Path

import pytest
import yaml

from tests.docs.blocks import ROOT, pages
from tests.docs.links import Link, anchors, links, plain, slug_of_github, slug_of_mkdocs

CONFIGURATION = ROOT / "mkdocs.yml"
ON_SITE = "repository/"


def nav():
    """Return the pages that the navigation has."""
    tree = yaml.safe_load(CONFIGURATION.read_text(encoding="utf-8"))["nav"]
    return list(leaves(tree))


def leaves(tree):
    """Yield what stands at the ends."""
    if isinstance(tree, str):
        yield tree
    for branch in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from leaves(branch)


def test_every_link_leads_to_a_file_that_is_there():
    """Whoever renames a page finds what named it."""
    lost = [link for link in links() if link.end and not Path(ROOT, link.end[0]).exists()]
    assert lost == []


def test_every_anchor_is_that_of_one_heading():
    """A heading that occurs twice has an anchor that differs between the repository and the site."""
    to_anchors = [link for link in links() if link.end and link.end[1] and Path(ROOT, link.end[0]).is_file()]
    lost = [link for link in to_anchors if link.end[1] not in anchors(link.end[0])]
    assert lost == []
    assert to_anchors


def test_no_link_leads_out_of_the_repository():
    """Whoever has a copy has it all; nor does one begin at a root, which each reader has elsewhere."""
    assert [link for link in links() if link.target.startswith("/")] == []
    assert [link for link in links() if link.end and link.end[0].startswith("..")] == []


def test_the_navigation_has_every_page_of_the_site_and_no_other():
    """Nobody finds a page that is not in it."""
    named = nav()
    inside = [page.removeprefix("docs/") for page in pages() if page.startswith("docs/")]
    assert sorted(page for page in named if not page.startswith(ON_SITE)) == sorted(inside)
    assert all(Path(ROOT, page.removeprefix(ON_SITE)).is_file() for page in named if page.startswith(ON_SITE))


def test_there_are_links():
    """A pattern that finds nothing proves nothing."""
    found = list(links())
    assert len(found) > 100
    assert Link("README.md", "docs/exec.md") in found


@pytest.mark.parametrize(
    ("heading", "in_repository", "on_site"),
    [
        ("What time it is", "what-time-it-is", "what-time-it-is"),
        ("With `alicred_on_ecs`", "with-alicred_on_ecs", "with-alicred_on_ecs"),
        ("A [link](page.md): two", "a-link-two", "a-link-two"),
        ("`exec [--] CMD`", "exec----cmd", "exec-cmd"),
    ],
)
def test_an_anchor_is_made_of_its_heading(heading, in_repository, on_site):
    """One that is made in two ways is none: nobody can link to it for both."""
    assert slug_of_github(plain(heading)) == in_repository
    assert slug_of_mkdocs(plain(heading)) == on_site
