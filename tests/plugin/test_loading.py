"""Every way of loading the plugin, alone and together, under the strictest settings."""

import subprocess
import sys

import pytest

import alicred_emulator
from alicred_emulator.emulator import Emulator
from alicred_emulator.faults import Fault

TEST = """
    import urllib.request
    from alicred_emulator import journal

    def test_asserts_are_rewritten():
        assert type(journal.__loader__).__name__ == "AssertionRewritingHook"

    def test_instance(alicred_emulator, alicred_clock):
        url = alicred_emulator.imds.url + "/latest/meta-data/instance-id"
        assert urllib.request.urlopen(url).read().startswith(b"i-")
        assert alicred_clock.standing
"""
PLUGIN_OPTION = ("-p", "alicred_emulator")
CONFTEST = "pytest_plugins = ['alicred_emulator']"
CONFTEST_THAT_IMPORTS = "import alicred_emulator.journal\n" + CONFTEST


def run_strictly(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    if int(pytest.__version__.split(".")[0]) >= 9:
        pytester.makeini("[pytest]\nstrict = true")
    pytester.makepyfile(TEST)
    return pytester.runpytest_subprocess(
        "-W", "error", "-p", "no:cacheprovider", "--strict-config", "--strict-markers", *options
    )


@pytest.mark.parametrize(
    ("conftest", "options"),
    [
        pytest.param("", PLUGIN_OPTION, id="option"),
        pytest.param(CONFTEST, (), id="conftest"),
        pytest.param(CONFTEST_THAT_IMPORTS, (), id="conftest that imported it"),
        pytest.param(CONFTEST_THAT_IMPORTS, PLUGIN_OPTION, id="both"),
    ],
)
def test_loads_without_autoload(pytester, monkeypatch, conftest, options):
    """With autoload disabled the plugin is loaded by -p, by pytest_plugins, and by both."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeconftest(conftest)
    run_strictly(pytester, *options).assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("conftest", "options"),
    [
        pytest.param("", (), id="entry point"),
        pytest.param(CONFTEST, PLUGIN_OPTION, id="all at once"),
        pytest.param(CONFTEST, (*PLUGIN_OPTION, "-n", "1"), id="xdist"),
    ],
)
def test_loads_by_its_entry_point(pytester, conftest, options):
    """The installed entry point loads the plugin, alone, beside the other ways, and in xdist's workers."""
    # What they load takes three times as long as all else; asyncio would warn of the setting that it misses.
    others = ("anyio", "asyncio", "hypothesispytest", "pytest_httpserver", "randomly", "time_machine")
    options = (*(f"-pno:{name}" for name in others), *options)
    pytester.makeconftest(conftest)
    run_strictly(pytester, *options).assert_outcomes(passed=2)


def test_imports_nothing_but_pytest():
    """Loading the plugin loads none of what its fixtures need, nor alicred."""
    script = (
        "import pytest, sys\n"
        "before = set(sys.modules)\n"
        "import alicred_emulator.plugin\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(*sorted(new - sys.stdlib_module_names))"
    )
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert output.stdout.split() == ["alicred_emulator"]


def test_the_package_does_without_pytest():
    """Importing the package does not import pytest, which the command does not need."""
    script = "import sys, alicred_emulator; sys.exit('pytest' in sys.modules or '_pytest' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_exports_lazily():
    """The exported names are there for who asks, and pytest, which asks for all in dir(), finds none."""
    assert alicred_emulator.Emulator is Emulator
    assert alicred_emulator.Fault is Fault
    assert not set(alicred_emulator.__all__) & set(dir(alicred_emulator))
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        _ = alicred_emulator.Nonsense


@pytest.mark.parametrize(
    ("fixture", "missing"),
    [
        ("alicred_imds", "pytest_httpserver"),
        ("alicred_frozen_process", "freezegun"),
        ("alicred_on_ecs", "trustme"),
    ],
)
def test_names_the_extra_that_is_missing(pytester, monkeypatch, fixture, missing):
    """Without the extra the session runs, and a fixture fails with the line that installs it."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeconftest(f"import sys; sys.modules[{missing!r}] = None")
    pytester.makepyfile(f"def test_needs_it({fixture}): pass\ndef test_does_not(): pass")
    result = pytester.runpytest_subprocess(*PLUGIN_OPTION)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines([f'*needs {missing}*pip install "alicred?emulator?"*'])
