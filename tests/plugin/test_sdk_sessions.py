"""The sessions that Alibaba's SDKs keep: none of outside serves a test, and none of a test serves outside."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

from alicred_emulator import sdk_sessions

pytestmark = pytest.mark.interop


class Session:
    """Says whether it was closed."""

    closed = False

    def close(self):
        self.closed = True


@pytest.fixture(params=[("Tea.core", "TeaCore"), ("darabonba.core", "DaraCore")], ids="/".join)
def keeper(request, monkeypatch):
    """One of the SDKs' classes, with a session that it made before."""
    name, class_name = request.param
    module = ModuleType(name)
    keeper = type(class_name, (), {"_sessions": {"before": Session()}, "module": module})
    setattr(module, class_name, keeper)
    monkeypatch.setitem(sys.modules, name, module)
    return keeper


def test_it_begins_with_none_and_has_its_own_again(keeper):
    """The sessions of before are out of sight for a while, and not closed."""
    before = keeper._sessions
    with sdk_sessions.set_aside():
        assert keeper._sessions == {}
    assert keeper._sessions is before
    assert not before["before"].closed


def test_those_made_meanwhile_are_closed(keeper):
    """They trust the fakes, which nobody should go on doing."""
    with sdk_sessions.set_aside():
        made = keeper._sessions["made"] = Session()
    assert made.closed
    assert "made" not in keeper._sessions


def test_an_sdk_that_is_imported_meanwhile_is_left_without(keeper, monkeypatch):
    """It had none before, so it has none afterwards."""
    module, made = keeper.module, keeper._sessions["before"]
    monkeypatch.delitem(sys.modules, module.__name__)
    with sdk_sessions.set_aside():
        monkeypatch.setitem(sys.modules, module.__name__, module)
    assert made.closed
    assert keeper._sessions == {}


def test_a_version_that_keeps_none_is_left_alone(monkeypatch):
    """The class may lack them, and the module the class."""
    monkeypatch.setitem(sys.modules, "Tea.core", SimpleNamespace(TeaCore=type("TeaCore", (), {})))
    monkeypatch.setitem(sys.modules, "darabonba.core", SimpleNamespace())
    with sdk_sessions.set_aside():
        assert vars(sys.modules["darabonba.core"]) == {}


ASK = """
    from Tea.core import TeaCore
    from Tea.request import TeaRequest

    def ask():
        request = TeaRequest()
        request.protocol, request.port = "https", 443
        request.headers["host"] = "sts.aliyuncs.com"
        request.pathname = "/hello"
        return TeaCore.do_action(request).body.decode()
"""


def test_the_real_one_works_in_one_emulator_after_the_other(run, alicred_on_ecs):
    """Each has an authority of its own, and the SDK one session for the host that both stand for."""
    names = {}
    exec(ASK.replace("\n    ", "\n"), names)
    alicred_on_ecs.sts.expect_request("/hello").respond_with_data("outer")
    assert names["ask"]() == "outer"
    run(
        ASK
        + """
    def test_inside(alicred_on_ecs):
        alicred_on_ecs.sts.expect_request("/hello").respond_with_data("inner")
        assert ask() == "inner"
    """
    ).assert_outcomes(passed=1)
    assert names["ask"]() == "outer"
