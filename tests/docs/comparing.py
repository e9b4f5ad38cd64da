"""What a page shows is what a program printed, but for what differs from run to run."""

import re

VARYING = (
    (re.compile(r"\b127\.0\.0\.1:\d+"), "127.0.0.1:PORT"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.]*(?:Z| UTC)?"), "TIME"),
    (re.compile(r"\b\d+\.\d+ ?m?s\b"), "DURATION"),
    (re.compile(r"/[\w-]{40,}"), "/PATH"),
    (re.compile(r"={3,}"), "==="),
    (re.compile(r" +$", re.MULTILINE), ""),
)
ANY_LINES, ANYTHING = r"(?:.*\n)*", ".*"


def masked(text: str) -> str:
    """Return a text without what varies."""
    for pattern, name in VARYING:
        text = pattern.sub(name, text)
    return text


def is_as_shown(printed: str, shown: str) -> bool:
    """Tell whether a page shows what was printed; `...` stands for anything in a line, or for any lines."""
    lines = masked(shown).strip("\n").split("\n")
    pattern = "".join(
        ANY_LINES if line.strip() == "..." else re.escape(line).replace(r"\.\.\.", ANYTHING) + r"\n"
        for line in lines
    )
    return re.fullmatch(pattern, masked(printed).strip("\n") + "\n") is not None
