"""Makes the page docs/differences.md of the table of machines; run it to write the page anew.

Rule: the page says nothing that is not in the table, and shows of two outcomes what differs.
"""

import sys
from itertools import groupby
from pathlib import Path
from textwrap import fill

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "fixtures" / "machines.toml"
PAGE = ROOT / "docs" / "differences.md"
WIDTH = 120

TITLE = "# Where alicred and Alibaba's SDK differ"
HEAD = """\
On {all} machines the default client of alicred and that of alibabacloud_credentials {version}, Alibaba's SDK
for Python, were asked for a credential: `Client().get_credential()`, each in a process of its own, with the
same variables, the same files and the same services around it. On {agreed} of them both find the same: the
same key, under the same `provider_name`, by the same requests; or both find none. On the other {differing}
they differ, and what differs is told below.

The tests run all of them with both, and this page is made of what they expect, which stands in
[fixtures/machines.toml](../fixtures/machines.toml): `make differences` writes it anew.

A key is named after the place where it stands, `env`, `config` or `credentials`, a session after its holder
and the service that issued it; *damaged* is a key whose secret is not the one that was written down. A
request is the service and what it was asked, with the HTTP status where it is not 200.
"""


def page():
    """Return the page as it should be."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    machines = table["machine"]
    differing = [machine for machine in machines if "why" in machine]
    numbers = {"all": len(machines), "differing": len(differing), "agreed": len(machines) - len(differing)}
    lines = [TITLE, ""]
    for paragraph in HEAD.format(version=table["sdk_version"], **numbers).split("\n\n"):
        lines += [wrapped(paragraph), ""]
    for about, rows in groupby(differing, lambda row: row["about"]):
        lines += section(about, list(rows))
    return "\n".join(lines)


def wrapped(text):
    """Return a paragraph in lines."""
    return fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def section(about, machines):
    """Return the lines of a part: each reason once, with the machines that it is the reason for."""
    lines = [f"## {about}", ""]
    for why in dict.fromkeys(machine["why"] for machine in machines):
        lines += [wrapped(why), "", "| machine | alicred | the SDK |", "|---|---|---|"]
        lines += [row_of(machine) for machine in machines if machine["why"] == why]
        lines.append("")
    return lines


def row_of(machine):
    """Return a machine as a row."""
    alicred, sdk = machine["alicred"], machine["sdk"]
    return f"| {machine['name']} | {shown(alicred, sdk)} | {shown(sdk, alicred)} |"


def shown(outcome, other):
    """Return what came of it, as far as it is not what came of the other."""
    said = [found(outcome)] if found(outcome) != found(other) else []
    if outcome["requests"] != other["requests"]:
        asked = ", ".join(f"`{request}`" for request in outcome["requests"])
        said.append(f"asks {asked or 'nobody'}")
    return "; ".join(said)


def found(outcome):
    """Return the key, and where it came from."""
    if "fails" in outcome:
        return outcome["fails"]
    return f"{outcome['key']}, from `{outcome['provider_name']}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
