"""The pytest plugin: fixtures that put a test on an emulated instance, and what a failure shows of it.

The rule kept here: everybody who has alicred installed imports this module in every session of pytest, so
it imports nothing but pytest, and the rest when a fixture is requested.
"""
# ruff: noqa: PLC0415 - for this rule

import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import pluggy

    from alicred_emulator.child import ChildPlace
    from alicred_emulator.clock import EmulatorClock
    from alicred_emulator.credential_services import CredentialsUriService, StsService
    from alicred_emulator.emulator import Emulator
    from alicred_emulator.service import Service

_EMULATOR = pytest.StashKey["Emulator"]()
_BEFORE_FIXTURES = pytest.StashKey[ExitStack]()
_EMULATED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def _alicred_running_emulator() -> Generator["Emulator", None, None]:
    with _extra_needed():
        from alicred_emulator.emulator import Emulator
    emulator = Emulator()
    emulator.start()
    yield emulator
    emulator.stop()


@pytest.fixture(scope="session")
def _alicred_home() -> Generator[Path, None, None]:
    # One for all tests: a directory made and removed each time costs more than the rest of a fixture.
    with tempfile.TemporaryDirectory(prefix="alicred-home-", ignore_cleanup_errors=True) as home:
        yield Path(home)


@pytest.fixture
def alicred_emulator(
    request: pytest.FixtureRequest,
    _alicred_running_emulator: "Emulator",
    _alicred_home: Path,
) -> Generator["Emulator", None, None]:
    """The emulator with its default world, in a process that knows no other credentials."""
    from alicred_emulator import environment, one_test, sdk_schedulers, sdk_state

    # Whatever follows is undone by the finalizer that the first fixture's set-up registered.
    request.node.stash[_EMULATED] = True
    emulator = _alicred_running_emulator
    emptied, fresh = one_test.emptied(_alicred_home), one_test.fresh(emulator)
    with emptied, _shared_clock(emulator), fresh, sdk_schedulers.ended():
        if "alicred_clock" in request.fixturenames:
            # Here already, since a fixture in between may ask for a credential.
            one_test.stand_still(emulator)
        environment.emulate(emulator.env("ecs"), str(_alicred_home))
        sdk_state.refresh()
        request.node.stash[_EMULATOR] = emulator
        yield emulator
        del request.node.stash[_EMULATOR]


@pytest.fixture
def alicred_imds(alicred_emulator: "Emulator") -> "Service":
    """The emulator's metadata service."""
    return alicred_emulator.imds


@pytest.fixture
def alicred_sts(alicred_emulator: "Emulator") -> "StsService":
    """The emulator's Security Token Service."""
    return alicred_emulator.sts


@pytest.fixture
def alicred_credentials_uri(alicred_emulator: "Emulator") -> "CredentialsUriService":
    """The emulator's credentials URI."""
    return alicred_emulator.credentials_uri


@pytest.fixture
def alicred_clock(alicred_emulator: "Emulator") -> "EmulatorClock":
    """The clock of the fakes and of alicred, standing still at the present whole second."""
    from alicred_emulator import one_test

    if not alicred_emulator.clock.standing:
        one_test.stand_still(alicred_emulator)
    return alicred_emulator.clock


@pytest.fixture
def alicred_frozen_process(
    alicred_emulator: "Emulator", alicred_clock: "EmulatorClock"
) -> Generator["EmulatorClock", None, None]:
    """The same clock, followed by the wall clock of the whole process."""
    from alicred_emulator import sdk_schedulers

    with _extra_needed():
        from alicred_emulator.freeze import frozen_process

        # Whoever handles certificates in this process must have met the real dates first: see authority.py.
        _ = alicred_emulator.ca_certificate
    with frozen_process(alicred_clock.client_time), sdk_schedulers.ended():
        yield alicred_clock


@pytest.fixture
def alicred_on_ecs(alicred_emulator: "Emulator") -> Generator["Emulator", None, None]:
    """The emulator, in a process whose connections to the emulated hosts reach it, and trust it."""
    from alicred_emulator import environment, sdk_schedulers, sdk_sessions
    from alicred_emulator.redirect import redirected
    from alicred_emulator.routes import ports_of
    from alicred_emulator.trust import trusting

    emulator = alicred_emulator
    environment.forget_proxies()
    ports = ports_of({name: service.port for name, service in emulator.services.items()})
    with _extra_needed():
        trusted = trusting(emulator.ca_bundle, emulator.ca_certificate)
    # The schedulers end within: none may outlive the redirect, and ask the real instance.
    with redirected(ports), trusted, sdk_sessions.set_aside(), sdk_schedulers.ended():
        yield emulator


@pytest.fixture(scope="session")
def _alicred_obstacle() -> str | None:
    # Found out once, by a process that tries.
    from alicred_emulator.sandbox import trial

    return trial.why_not()


@pytest.fixture
def alicred_child(
    alicred_emulator: "Emulator", _alicred_obstacle: str | None
) -> Generator["ChildPlace", None, None]:
    """Where a test starts programs that meet its emulator: an environment, and a wrapper command."""
    from alicred_emulator.child import child_place

    with child_place(alicred_emulator, _alicred_obstacle) as place:
        yield place


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef: "pytest.FixtureDef[object]", request: pytest.FixtureRequest) -> None:
    """Before a test's first fixture, remember what is to be put back after the end of its last.

    `monkeypatch` and its like, set up before the emulator's fixtures or after, would otherwise undo a
    `setenv` after the real environment has been put back, and leave in it what they had found in the
    emulated one. A hook for the teardown would come too late: after the fixtures of wider scopes.
    """
    if fixturedef.scope != "function" or _BEFORE_FIXTURES in request.node.stash:
        return
    names = (fixturedef.argname, *request.fixturenames)
    # Who has `request` may ask for the emulator later.
    if {"alicred_emulator", "request"}.isdisjoint(names):
        return
    from alicred_emulator import environment, sdk_state

    before = ExitStack()
    before.callback(sdk_state.snapshot())
    before.callback(environment.snapshot())
    request.node.stash[_BEFORE_FIXTURES] = before
    request.node.addfinalizer(partial(_after_fixtures, request.node))


@pytest.hookimpl(trylast=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Fail a test that passed although a fake has something to say against it."""
    emulator = item.stash.get(_EMULATOR, None)
    if emulator is None:
        return
    for service in emulator.services.values():
        service.check()
    unplaced = emulator.journal.peek_unplaced()
    if unplaced and not emulator.journal.unplaced_read:
        lines = "\n".join(f"  {entry.render()}" for entry in unplaced)
        pytest.fail(
            f"The emulator knows no answer to {len(unplaced)} of the requests that were made:\n{lines}\n"
            "If they are meant, read alicred_emulator.journal.unplaced in the test.",
            pytrace=False,
        )


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, "pluggy.Result[pytest.TestReport]", None]:
    """Show the journal in the report of a failed test."""
    outcome = yield
    report = outcome.get_result()
    emulator = item.stash.get(_EMULATOR, None)
    if report.failed and emulator is not None:
        report.sections.append(("alicred_emulator journal", emulator.journal.render()))


def _after_fixtures(item: pytest.Item) -> None:
    before = item.stash[_BEFORE_FIXTURES]
    # An item may run again.
    del item.stash[_BEFORE_FIXTURES]
    if item.stash.get(_EMULATED, False):
        del item.stash[_EMULATED]
        before.close()


@contextmanager
def _shared_clock(emulator: "Emulator") -> Generator[None, None, None]:
    from alicred import shared, testing

    # Those that were built in another environment.
    shared.forget()
    # That of the test around this one, if this session runs inside a test.
    former = testing.clock_in_use()
    testing.use_clock(emulator.clock.client_time)
    try:
        yield
    finally:
        testing.reset()
        if former is not None:
            testing.use_clock(former)


@contextmanager
def _extra_needed() -> Generator[None, None, None]:
    try:
        yield
    except ModuleNotFoundError as missing:
        from alicred_emulator.extra import lacks

        pytest.fail(lacks("alicred_emulator", missing), pytrace=False)
