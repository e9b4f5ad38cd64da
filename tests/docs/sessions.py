"""Runs the tests of a page as its reader would: by pytest, in a process of its own, with two plugins."""

import os
import subprocess
import sys
from itertools import groupby
from xml.etree import ElementTree as ET

from tests.docs.folders import Section

OPTIONS = (
    *("-p", "alicred_emulator", "-p", "pytest_asyncio.plugin", "-p", "no:cacheprovider"),
    # Alibaba's SDK calls what Python deprecates from 3.12 on.
    *("-W", "error", "-W", "ignore:datetime.datetime.utcnow() is deprecated:DeprecationWarning"),
    *("--strict-markers", "-q"),
    *("-o", "asyncio_default_fixture_loop_scope=function", "-o", "junit_family=xunit1"),
)
LONGEST_SECONDS = 120
TEMPORARY = "PYTEST_DEBUG_TEMPROOT"
"""Where a session keeps temporary folders; two that clean up the same ones would warn of each other."""


def failures(sections: list[Section]) -> list[str]:
    """Run the tests of these sections; return what pytest said of those that did not pass."""
    told = []
    of_pytest = [section for section in sections if section.tests()]
    keyed = groupby(of_pytest, key=lambda section: section.name if section.stands_alone else "")
    for _, together in keyed:
        told += _session(list(together))
    return told


def _session(sections: list[Section]) -> list[str]:
    files = {file: block for section in sections for file, block in section.tests().items()}
    home = sections[0].folder if sections[0].stands_alone else sections[0].folder.parent
    report = home / "report.xml"
    command = [sys.executable, "-m", "pytest", *OPTIONS, f"--rootdir={home}", f"--junitxml={report}"]
    done = subprocess.run(
        [*command, *map(str, files)],
        cwd=home,
        env={
            **os.environ,
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            TEMPORARY: str(sections[0].folder.parent),
        },
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )
    if done.returncode:
        return [f"{', '.join(block.id for block in files.values())}\n{done.stdout}{done.stderr}"]
    ran = {(home / case.get("file", "")).resolve() for case in ET.parse(report).iter("testcase")}
    return [f"{block.id}: pytest found no test" for file, block in files.items() if file.resolve() not in ran]
