"""What every test may use, and what each is held to: it leaves nothing in its process."""

import gc
import os
import runpy
import shutil
import sys
import tempfile
from collections.abc import Generator, Iterator
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import certifi
import freezegun
import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["pytester"]

# How long an example takes says more of the machine, and of who else works on it, than of what is tested.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# To load all of certifi's authorities, or the machine's, takes 20 ms, often for each connection. No peer here
# has a certificate of theirs, so two are as good; they have to be there before anybody asks where they are.
_AUTHORITIES = tempfile.TemporaryDirectory(prefix="authorities-")
_END_OF_CERTIFICATE = "-----END CERTIFICATE-----\n"
_two_authorities = Path(_AUTHORITIES.name, "cacert.pem")
_two_authorities.write_text(
    "".join(f"{one}{_END_OF_CERTIFICATE}" for one in certifi.contents().split(_END_OF_CERTIFICATE)[:2]),
    encoding="ascii",
)
certifi.core._CACERT_PATH = os.environ["SSL_CERT_FILE"] = str(_two_authorities)

# jsonschema would check IRIs by it, which no schema here has: to load it takes each worker 1.3 s.
sys.modules.setdefault("rfc3987_syntax", None)

Surroundings = runpy.run_path(str(Path(__file__).with_name("leaks.py")))["Surroundings"]
_EXEC_COMMAND = Path(__file__).parent / "command" / "exec_command.py"
_SURROUNDINGS = pytest.StashKey[Surroundings]()
_LOADED = pytest.StashKey[int]()
# So many that are loaded later make as large a heap again; there are packages with thousands.
_MANY_MODULES = 300
# Models without a clock, and packages that no frozen test calls.
_NEVER_FROZEN = (
    *("_models_hcs_mgw", "_models_oss", "alibabacloud_ecs20140526", "alibabacloud_kms20160120"),
    *("alibabacloud_oss_v2", "alibabacloud_sls20201230", "numpy", "odps", "pyarrow", "six", "tablestore"),
)


def pytest_configure(config: pytest.Config) -> None:
    """Remove in the end what is read as long as tests run; freeze faster what is frozen hundreds of times."""
    config.add_cleanup(_AUTHORITIES.cleanup)
    # More than a third of the time goes to these, once they are loaded.
    freezegun.configure(extend_ignore_list=[f"{package}." for package in _NEVER_FROZEN])


def pytest_sessionstart() -> None:
    """Collect tests without looking for garbage, of which there is none, again and again."""
    gc.disable()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Have the garbage collector pass by what pytest keeps of ten thousand tests: each pass costs 0.3 s."""
    gc.enable()
    _pass_by_what_is_loaded(session.config.stash)


def _pass_by_what_is_loaded(stash: pytest.Stash) -> None:
    gc.collect()
    gc.freeze()
    stash[_LOADED] = len(sys.modules)


@pytest.fixture(scope="session", autouse=True)
def temporary_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where this process makes temporary files, and no other does; empty again at the end."""
    folder, before = tmp_path_factory.mktemp("temporary"), tempfile.tempdir
    tempfile.tempdir = str(folder)
    yield str(folder)
    tempfile.tempdir = before
    assert [path.name for path in folder.iterdir()] == []


@pytest.fixture(autouse=True)
def nothing_is_left(temporary_folder: str) -> None:
    """Fail a test that leaves a thread, a socket, a variable or a temporary file: see the hook below."""


@pytest.fixture(scope="session")
def exec_command() -> ModuleType:
    """The module of what tests that run `alicred-emulator exec` share; the folders are no packages."""
    spec = spec_from_file_location("exec_command", _EXEC_COMMAND)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def ready_command(exec_command: ModuleType) -> Iterator[object]:
    """That command of this user, loaded once for many runs."""
    on_linux = sys.platform == "linux"
    with exec_command.ReadyCommand() if on_linux else exec_command.UnreadyCommand() as ready_command:
        yield ready_command


@pytest.fixture
def tool():
    """Return where a program is; skip where it is not."""

    def tool(name):
        found = shutil.which(name)
        if found is None:
            pytest.skip(f"{name} is not installed")
        return found

    return tool


@pytest.hookimpl(hookwrapper=True)
def pytest_fixture_setup(
    fixturedef: "pytest.FixtureDef[object]", request: pytest.FixtureRequest
) -> Generator[None, None, None]:
    """Look about before the first fixture of a test, and excuse what one of a wider scope begins later."""
    stash = request.config.stash
    if fixturedef.argname == nothing_is_left.__name__:
        if len(sys.modules) > stash[_LOADED] + _MANY_MODULES:
            _pass_by_what_is_loaded(stash)
        stash[_SURROUNDINGS] = Surroundings(tempfile.gettempdir())
        # A wrapper comes first, so that this finalizer is the last: after those of fixtures and plugins.
        request.node.addfinalizer(partial(_look_again, stash))
    elif fixturedef.scope != "function" and _SURROUNDINGS in stash:
        before = Surroundings(tempfile.gettempdir())
        yield
        stash[_SURROUNDINGS].excuse(before)
        return
    yield


def _look_again(stash: pytest.Stash) -> None:
    before = stash[_SURROUNDINGS]
    del stash[_SURROUNDINGS]
    left = before.left_since()
    if left:
        pytest.fail(f"This test leaves something behind: {'; '.join(left)}.", pytrace=False)
