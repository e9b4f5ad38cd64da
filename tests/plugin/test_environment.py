"""The process's environment during a test, and after it."""

import contextlib
import os
import urllib.request
from pathlib import Path

import pytest

from alicred_emulator import environment

REAL = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAIreal",
    "ALIBABACLOUD_ACCESS_KEY_SECRET": "real",
    "ALICLOUD_ACCESS_KEY": "LTAIreal",
    "HTTP_PROXY": "http://proxy.example:3128",
    "https_proxy": "http://proxy.example:3128",
    "SSL_CERT_FILE": "/etc/real.pem",
    "REQUESTS_CA_BUNDLE": "/etc/real.pem",
}


@pytest.fixture
def real(monkeypatch):
    for name, value in REAL.items():
        monkeypatch.setenv(name, value)


def test_shows_the_emulators_settings_alone(real, variables, tmp_path):
    """Of all settings and their aliases only the given ones are left, and the rest is untouched."""
    before = variables()
    with environment.preserved():
        environment.emulate({"ALIBABA_CLOUD_IMDS_ENDPOINT": "http://127.0.0.1:1"}, str(tmp_path))
        inside = variables()
    assert {name: value for name, value in inside.items() if name.upper().startswith("ALI")} == {
        "ALIBABA_CLOUD_IMDS_ENDPOINT": "http://127.0.0.1:1"
    }
    assert inside["HTTP_PROXY"] == REAL["HTTP_PROXY"]
    assert inside["PATH"] == before["PATH"]


@pytest.mark.parametrize("named", [(), ("USERPROFILE", "HOMEPATH", "HOMEDRIVE")])
def test_every_rule_of_finding_home_arrives_at_the_empty_one(monkeypatch, tmp_path, named):
    """HOME leads to the given directory, and the variables of other systems where they are set."""
    for name in ("USERPROFILE", "HOMEPATH", "HOMEDRIVE"):
        monkeypatch.delenv(name, raising=False)
    for name in named:
        monkeypatch.setenv(name, "C:")
    with environment.preserved():
        environment.emulate({}, str(tmp_path))
        assert Path.home() == tmp_path
        homes = {os.environ.get(name) for name in ("HOME", "USERPROFILE", "HOMEPATH", "HOMEDRIVE")}
        assert homes <= {str(tmp_path), None}


def test_puts_back_exactly_what_it_found(real, variables, tmp_path):
    """Whatever a test sets, changes or deletes among these variables is as before afterwards."""
    before = variables()
    with environment.preserved():
        environment.emulate({"ALIBABA_CLOUD_PROFILE": "emulated"}, str(tmp_path))
        environment.forget_proxies()
        os.environ["ALIBABA_CLOUD_STS_REGION"] = "cn-test"
        os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"] = "LTAIother"
        os.environ["HTTPS_PROXY"] = "http://other.example"
        os.environ["SSL_CERT_FILE"] = "/etc/other.pem"
        os.environ["CURL_CA_BUNDLE"] = "/etc/other.pem"
        os.environ.pop("NODE_EXTRA_CA_CERTS", None)
        del os.environ["REQUESTS_CA_BUNDLE"]
        del os.environ["HOME"]
        del os.environ["NO_PROXY"]
    assert variables() == before


def test_puts_back_after_an_error(real, variables, tmp_path):
    """An error inside leaves nothing behind."""
    before = variables()
    with contextlib.suppress(LookupError), environment.preserved():
        environment.emulate({}, str(tmp_path))
        raise LookupError
    assert variables() == before


OURS = "127.0.0.1,localhost"


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ((None, None), (OURS, OURS)),
        ((None, "a.example"), (f"a.example,{OURS}", f"a.example,{OURS}")),
        (("b.example", "a.example"), (f"b.example,{OURS}", f"a.example,{OURS}")),
        (("*", None), ("*", "*")),
    ],
)
def test_loopback_needs_no_proxy(real, monkeypatch, tmp_path, found, expected):
    """Loopback is reached directly, and so are the hosts that the developer had named."""
    for name, value in zip(("no_proxy", "NO_PROXY"), found, strict=True):
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    with environment.preserved():
        environment.emulate({}, str(tmp_path))
        assert (os.environ["no_proxy"], os.environ["NO_PROXY"]) == expected
        assert urllib.request.proxy_bypass("127.0.0.1")


def test_forgets_proxies_in_any_spelling(real):
    """Under `forget_proxies` no program finds a proxy."""
    with environment.preserved():
        environment.forget_proxies()
        assert not {"http", "https", "all"} & set(urllib.request.getproxies_environment())


def test_names_whom_to_trust_for_a_while(real, variables):
    """Every client that asks the environment is told the same file, and afterwards what it was."""
    before = variables()
    with environment.trusting("/tmp/bundle.pem"):
        changed = {name: value for name, value in variables().items() if before.get(name) != value}
        os.environ["SSL_CERT_FILE"] = "/etc/other.pem"
    assert changed == dict.fromkeys(
        ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"), "/tmp/bundle.pem"
    )
    assert variables() == before
