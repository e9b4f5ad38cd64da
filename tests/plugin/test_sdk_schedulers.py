"""The threads of Alibaba's SDK, which end with the test that started them."""

import atexit
import threading

import pytest
from apscheduler.schedulers.background import BackgroundScheduler

from alicred_emulator import sdk_schedulers

pytestmark = pytest.mark.interop


@pytest.fixture
def provider():
    """The SDK's class, each instance of which starts a scheduler."""
    from alibabacloud_credentials.provider.ecs_ram_role import EcsRamRoleCredentialsProvider

    return EcsRamRoleCredentialsProvider


@pytest.fixture
def at_exit(monkeypatch):
    """What the interpreter would call at its exit, of what is registered from now on."""
    registered = []
    monkeypatch.setattr(atexit, "register", lambda function, **_: registered.append(function))
    monkeypatch.setattr(atexit, "unregister", registered.remove)
    return registered


def schedulers():
    return {thread for thread in threading.enumerate() if thread.name == "APScheduler"}


def test_those_started_meanwhile_end(alicred_emulator, provider, at_exit):
    """A provider's scheduler has ended with the context, and the interpreter's exit knows nothing of it."""
    before = schedulers()
    with sdk_schedulers.ended():
        provider(role_name="demo-role")
        (thread,) = schedulers() - before
        assert len(at_exit) == 1
    assert not thread.is_alive()
    assert at_exit == []


def test_those_of_before_go_on(alicred_emulator, provider):
    """A client of a wider scope than the test keeps its scheduler."""
    before = schedulers()
    provider(role_name="demo-role")
    with sdk_schedulers.ended():
        pass
    (thread,) = schedulers() - before
    assert thread.is_alive()


def test_an_applications_own_goes_on(alicred_emulator, provider):
    """A scheduler that an application started for itself is left alone, idle or not."""
    own, idle = BackgroundScheduler(), BackgroundScheduler()
    own.add_job(print, "interval", hours=1)
    try:
        with sdk_schedulers.ended():
            own.start()
            idle.start()
        assert own.running
        assert idle.running
    finally:
        own.shutdown()
        idle.shutdown()


@pytest.mark.parametrize("fixture", ["alicred_emulator", "alicred_on_ecs", "alicred_frozen_process"])
def test_none_outlives_its_fixture(run, fixture):
    """When the redirect, the freeze or the emulator ends, the test's schedulers have ended before."""
    before = schedulers()
    run(
        f"""
        import socket, time
        from contextlib import contextmanager
        import threading
        import pytest
        from alicred_emulator import freeze, redirect

        before = set(threading.enumerate())

        def started():
            return [t for t in set(threading.enumerate()) - before if t.name == "APScheduler"]

        def watched(context):
            @contextmanager
            def watching(argument):
                with context(argument):
                    yield
                    assert not started()
            return watching

        @pytest.fixture(scope="module", autouse=True)
        def watch():
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(redirect, "redirected", watched(redirect.redirected))
                patch.setattr(freeze, "frozen_process", watched(freeze.frozen_process))
                yield
            assert not started()

        def test_starts_one({fixture}):
            from alibabacloud_credentials.provider.ecs_ram_role import EcsRamRoleCredentialsProvider
            EcsRamRoleCredentialsProvider(role_name="demo-role")
            assert len(started()) == 1
        """
    ).assert_outcomes(passed=1)
    assert schedulers() == before
