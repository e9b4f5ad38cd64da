"""Adds to the site what its pages link to outside docs/: so one link works in the repository and on the site.

Rule: such a file is found on the site below repository/, and every link is rewritten by where the two ends
are in the repository. A page stays a page, a folder becomes a list, anything else is shown as code.
"""

import re
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath
from urllib.parse import urlsplit

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
BELOW = "repository"
LINK = re.compile(r"(?P<before>!?\[[^\]]*\]\()(?P<target>[^)\s]+)(?P<after>\))")
FENCED = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
HEAD = "---\nsearch:\n  exclude: true\n---\n"
# What the navigation has of them.
NAV = ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what is linked to, what that links to, and what the navigation has."""
    waiting = [path for path in NAV if (ROOT / path).exists()]
    for file in files.documentation_pages():
        waiting += linked(f"docs/{file.src_uri}", file.content_string)
    seen: set[str] = set()
    while waiting:
        path = waiting.pop()
        if path not in seen and not path.startswith("docs/"):
            seen.add(path)
            text = shown(path)
            files.append(File.generated(config, site_uri(path), content=text))
            waiting += linked(path, text) if path.endswith(".md") else []
    return files


def on_page_markdown(markdown: str, page: Page, **_context: object) -> str:
    """Have every link that leads out of docs/, or back into it, lead to where its end is on the site."""
    source = in_repository(page.file.src_uri)
    if source is None:
        return markdown
    kept = [(fence.start(), fence.end()) for fence in FENCED.finditer(markdown)]

    def rewritten(link: re.Match[str]) -> str:
        path = end_of(source, link["target"])
        if path is None or any(start <= link.start() < end for start, end in kept):
            return link[0]
        fragment = urlsplit(link["target"]).fragment
        here = relpath(site_uri(path), str(PurePosixPath(page.file.src_uri).parent))
        return f"{link['before']}{here}{f'#{fragment}' if fragment else ''}{link['after']}"

    return LINK.sub(rewritten, markdown)


def linked(source: str, text: str) -> list[str]:
    """Return what a text links to, by paths in the repository."""
    ends = (end_of(source, link["target"]) for link in LINK.finditer(FENCED.sub("", text)))
    return [path for path in ends if path is not None]


def end_of(source: str, target: str) -> str | None:
    """Return where a link ends, by the path in the repository; None if it is not to a file there."""
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or not parts.path:
        return None
    path = normpath(PurePosixPath(source).parent / parts.path)
    return path if (ROOT / path).exists() else None


def site_uri(path: str) -> str:
    """Return the source of the page that shows a file of the repository, or the file itself."""
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    if (ROOT / path).is_dir():
        return f"{BELOW}/{path}/index.md"
    return f"{BELOW}/{path}" if path.endswith(".md") else f"{BELOW}/{path}.md"


def in_repository(uri: str) -> str | None:
    """Return the path in the repository of what a page shows; None for one that is the site's own."""
    if not uri.startswith(f"{BELOW}/"):
        return f"docs/{uri}"
    path = uri.removeprefix(f"{BELOW}/")
    return path if (ROOT / path).is_file() else None


def shown(path: str) -> str:
    """Return the page that shows a file or a folder."""
    file = ROOT / path
    if file.is_dir():
        return HEAD + f"# {path}\n\n" + "".join(f"- `{inside.name}`\n" for inside in sorted(file.iterdir()))
    text = file.read_text(encoding="utf-8")
    if path.endswith(".md"):
        return text
    return HEAD + f"# {path}\n\n````{file.suffix.removeprefix('.') or 'text'}\n{text}````\n"
