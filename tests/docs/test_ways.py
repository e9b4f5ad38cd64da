"""The ways in which test_blocks.py runs blocks: what is wrong on a page is found."""

import pytest

from alicred import CredentialException
from alicred_emulator.control.server import ControlServer
from alicred_emulator.scenarios import ScenarioError
from tests.docs import console, data, sessions
from tests.docs.blocks import read
from tests.docs.folders import sections
from tests.docs.lines import Line, lines_of, otherwise, serves, words_of


def blocks(text):
    """Return the blocks of a page."""
    return tuple(read("docs/page.md", text))


def fenced(info, text):
    """Return a block as it stands on a page."""
    return f"```{info}\n{text}```\n"


# Files, programs and tests


def test_what_a_section_uses_is_no_program_of_its_own(tmp_path):
    """A module is run by whoever imports or names it, and a fixture by pytest."""
    page = (
        fenced('python title="service.py"', "ready = True\n")
        + fenced('python title="alone.py"', "ready = True\n")
        + fenced('python title="conftest.py"', "import pytest\n")
        + fenced("python", "from service import ready\n")
        + fenced("python", "def test_it():\n    pass\n")
    )
    [section] = sections(blocks(page), tmp_path)
    assert [block.number for block in section.programs()] == [2, 4]
    assert [file.name for file in section.tests()] == ["test_block_5.py"]
    assert {file.name for file in section.folder.iterdir()} == {
        "service.py",
        "alone.py",
        "conftest.py",
        "test_block_5.py",
    }


def test_a_test_that_fails_or_is_not_found_is_told(tmp_path):
    """With the line of its block; a section that configures pytest has a session of its own."""
    page = (
        fenced("python", "def test_it():\n    assert False\n")
        + "## Own\n"
        + fenced('ini title="pytest.ini"', "[pytest]\npython_functions = check_*\n")
        + fenced("python", "def check_it():\n    pass\n\n\ndef test_it():\n    assert False\n")
        + fenced("python", "class Helper:\n    def test_it(self):\n        assert False\n")
    )
    failed, without = sessions.failures(sections(blocks(page), tmp_path))
    assert failed.startswith("docs/page.md:1\n")
    assert "assert False" in failed
    assert without == "docs/page.md:18: pytest found no test"


# Lines


def test_lines_go_on_behind_a_backslash_and_end_where_output_begins():
    """Without prompts every line is one, but for comments."""
    [shown] = blocks(fenced("console", "$ one \\\n    two\nprinted\n\n$ three\n"))
    assert list(lines_of(shown)) == [Line("one two", "printed\n\n"), Line("three", "")]
    [listed] = blocks(fenced("sh", "# why\none \\\n  two\n\nthree\n"))
    assert list(lines_of(listed)) == [Line("one two", ""), Line("three", "")]


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ('pip install "alicred[emulator]" pytest', ""),
        ("python -m pip install -e '.[rsa]'", ""),
        ('pip install "alicred[emulators]"', "there is no extra emulators"),
        ("make test", ""),
        ("make tests", "the Makefile has no ['tests']"),
        ("docker compose -f compose.yaml up", "there is no ['compose.yaml', 'compose.yaml']"),
        ("kubectl apply -f mkdocs.yml", ""),
    ],
)
def test_of_what_is_not_run_something_is_proven(typed, wrong, tmp_path):
    """An extra, a target and a file exist."""
    line = Line(typed, "")
    assert otherwise(line)(words_of(line), tmp_path) == wrong


def test_options_that_the_command_does_not_have_are_found(tmp_path):
    """Its own parser refuses them; where output is shown below, it is run."""
    line = Line("alicred-emulator exec --isolate namespace -- node app.js", "")
    with pytest.raises(Exception, match="No such option"):
        otherwise(line)(words_of(line), tmp_path)
    assert otherwise(line._replace(shown="...\n")) is None
    assert otherwise(Line("alicred explain", "")) is None


def test_what_serves_is_known():
    """It would never end by itself."""
    served = ["alicred-emulator", "alicred-emulator serve --speed 2", "alicred serve", "alicred-emulator &"]
    others = ["alicred-emulator doctor", "alicred-emulator exec -- true", "alicred explain", "curl x"]
    assert [line for line in [*served, *others] if serves(Line(line, ""))] == served


def test_a_line_that_fails_or_shows_something_else_is_told(alicred_emulator, alicred_child, tmp_path):
    """What the page shows below a line may be a failure; without that the line has to succeed."""
    page = "$ export WORD=there\n$ echo $WORD\nthere\n$ false\n$ echo here\nthere\n$ ls nothing\n...\n"
    [block] = blocks(fenced("console", page))
    with ControlServer(alicred_emulator) as control:
        terminal = console.terminal(tmp_path, alicred_child.env, alicred_emulator, control)
        wrong = terminal.wrong(block)
    assert wrong == [
        "docs/page.md:1: false: status 1\n",
        "docs/page.md:1: echo here: status 0\nhere\n",
    ]


def test_an_address_of_a_page_becomes_that_of_the_fake(alicred_emulator, alicred_child, tmp_path):
    """By the service's place behind the first port; any other port is that of the control API."""
    with ControlServer(alicred_emulator) as control:
        terminal = console.terminal(tmp_path, alicred_child.env, alicred_emulator, control)
        told = terminal._on_fakes("curl 127.0.0.1:8100/a 127.0.0.1:8109/b 127.0.0.1:41873/c")
        assert [f"http://{word}" for word in told.split()[1:]] == [
            f"{alicred_emulator.imds.url}/a",
            f"{control.url}/b",
            f"{control.url}/c",
        ]


# Data


@pytest.mark.parametrize(
    ("info", "text"),
    [
        ("toml", "steps = 1\n"),
        ("toml", "timeline = 1\n"),
        ("toml", "= 1\n"),
        ("json", '{"name": "a", "mode": "AK"}\n'),
        ("json", "{\n"),
        ("ini", "[default]\ntype = access_keys\n"),
        ("yaml", "a: [\n"),
    ],
)
def test_data_that_nobody_could_read_are_found(info, text, tmp_path, alicred_emulator):
    """A story, a timeline, a profile, or the format itself."""
    [block] = blocks(fenced(info, text))
    with pytest.raises((ScenarioError, CredentialException, ValueError, data.yaml.YAMLError)):
        data.READERS[info](block, tmp_path)
