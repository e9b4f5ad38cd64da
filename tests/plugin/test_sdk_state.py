"""Alibaba's SDK, which remembers the environment it was imported in, among emulated tests."""

import json
import sys

import pytest

pytestmark = pytest.mark.interop

REAL_KEY = "LTAIrealrealreal"
TESTS = """
    import os, sys
    import pytest
    {import_early}

    def client():
        from alibabacloud_credentials.client import Client
        return Client()

    def copies():
        return {{
            f"{{module.__name__}}.{{name}}": value
            for module in (sys.modules.get("alibabacloud_credentials.utils." + name)
                           for name in ("auth_util", "auth_constant"))
            if module
            for name, value in vars(module).items()
            if isinstance(value, str | bool | None) and not name.startswith("__")
        }}

    def test_outside_before():
        if {early}:
            sys.modules["alibabacloud_credentials.utils.auth_util"].environment_sts_region = "chosen"
        os.environ["EARLY"] = repr(sorted(copies().items(), key=str))

    @pytest.mark.parametrize("time", [1, 2])
    def test_inside(alicred_on_ecs, time):
        credential = client().get_credential()
        assert credential.access_key_id.startswith("STS.")
        assert credential.provider_name.endswith("ecs_ram_role")
        assert {real_key!r} not in repr(copies()) and {home!r} not in repr(copies())

    def test_inside_with_changes(alicred_emulator, monkeypatch):
        from alibabacloud_credentials.utils import auth_util
        monkeypatch.setattr(auth_util, "environment_role_arn", "patched")
        auth_util.environment_profile_name = "assigned"

    def test_outside_after():
        assert client().get_credential().access_key_id == {real_key!r}
        assert copies()["alibabacloud_credentials.utils.auth_constant.HOME"] == {home!r}
        assert copies()["alibabacloud_credentials.utils.auth_util.environment_profile_name"] is None
        assert not {early} or os.environ["EARLY"] == repr(sorted(copies().items(), key=str))
"""


@pytest.fixture
def real_home(tmp_path, monkeypatch):
    """A developer's home with keys in every place that the SDK looks into."""
    home = tmp_path / "home"
    (home / ".alibabacloud").mkdir(parents=True)
    (home / ".aliyun").mkdir()
    (home / ".alibabacloud" / "credentials.ini").write_text(
        f"[default]\ntype = access_key\naccess_key_id = {REAL_KEY}\naccess_key_secret = real\n"
    )
    profile = {"name": "default", "mode": "AK", "access_key_id": REAL_KEY, "access_key_secret": "real"}
    (home / ".aliyun" / "config.json").write_text(json.dumps({"current": "default", "profiles": [profile]}))
    monkeypatch.setenv("HOME", str(home))
    return str(home)


@pytest.mark.parametrize("key_in", ["environment", "files"])
@pytest.mark.parametrize("early", [True, False], ids=["imported before", "imported inside"])
def test_a_real_key_is_never_used(pytester, monkeypatch, real_home, early, key_in):
    """In both orders of import an emulated test gets the instance's credential, and others the real one."""
    if key_in == "environment":
        monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", REAL_KEY)
        monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "real")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    import_early = "import alibabacloud_credentials.client" if early else ""
    pytester.makepyfile(
        TESTS.format(import_early=import_early, early=early, real_key=REAL_KEY, home=real_home)
    )
    pytester.runpytest_subprocess("-p", "alicred_emulator").assert_outcomes(passed=5)


def test_the_sdk_is_never_imported(run, monkeypatch):
    """A session without the SDK stays without it."""
    for name in [name for name in sys.modules if name.startswith("alibabacloud_credentials")]:
        monkeypatch.delitem(sys.modules, name)
    run(
        """
        import sys

        def test_without(alicred_on_ecs, alicred_frozen_process):
            assert "alibabacloud_credentials" not in sys.modules
        """
    ).assert_outcomes(passed=1)
