"""Makes the tables of docs/default-chain.md of those in the code; run it to write them anew."""

from collections.abc import Iterator
from pathlib import Path

from alicred.modes import MODES
from alicred.providers.registry import CHAIN

PAGE = Path(__file__).parents[2] / "docs" / "default-chain.md"
BEGIN, END = "<!-- from the code: {} -->\n", "<!-- end of {} -->"


def places() -> Iterator[str]:
    """Yield the rows of the chain."""
    yield "| place | it applies where | it reads |"
    yield "|---|---|---|"
    for place in CHAIN:
        yield f"| `{place.name}` | {place.applies} | {place.reads} |"


def modes() -> Iterator[str]:
    """Yield the rows of the profiles' modes."""
    yield "| `mode` | what it is | fields |"
    yield "|---|---|---|"
    for mode in MODES:
        kind = f"`{mode.type}`" if mode.type else "a sign-in"
        over = {"instance": ", over the instance's role", "source_profile": ", over another profile"}
        fields = [field for names in mode.fields.values() for field in names.split()]
        if mode.over == "source_profile":
            fields.append("source_profile")
        told = ", ".join(f"`{field}`" for field in fields) or "those that aliyun-cli writes at the sign-in"
        yield f"| `{mode.name}` | {kind}{over.get(mode.over or '', '')} | {told} |"


def page(text: str) -> str:
    """Return the page with its tables made anew."""
    for name, rows in (("the chain", places()), ("the modes", modes())):
        head, begin, rest = text.partition(BEGIN.format(name))
        _, end, tail = rest.partition(END.format(name))
        text = head + begin + "\n" + "\n".join(rows) + "\n\n" + end + tail
    return text


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
