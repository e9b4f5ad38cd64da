"""`exec --isolation proxy`: programs that honour a proxy meet the fakes by the real names."""

import json
import sys

import pytest

READ = """
import sys, requests
for url in sys.argv[1:]:
    answer = requests.get(url, timeout=10)
    print(answer.status_code, answer.text.partition("\\n")[0])
"""
ASK_THE_PROXY = """
import os, requests, sys
session = requests.Session()
session.trust_env = False
print(session.get(sys.argv[1], proxies={"http": os.environ["HTTP_PROXY"]}, timeout=10).text)
"""


@pytest.fixture
def behind_proxy(run):
    """Run a program behind the proxy, and return what became of it."""

    def behind_proxy(*command, options=()):
        return run("--isolation", "proxy", *options, "--", *command)

    return behind_proxy


@pytest.fixture
def read(behind_proxy):
    """Read URLs with requests behind the proxy; return the lines that it printed."""

    def read(*urls, options=()):
        done = behind_proxy(sys.executable, "-c", READ, *urls, options=options)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return read


def test_the_metadata_address_is_the_fake(read):
    """A program that honours HTTP_PROXY reads the role at the address that it has on every instance."""
    assert read("http://100.100.100.200/latest/meta-data/ram/security-credentials/") == ["200 demo-role"]


def test_sts_is_the_fake_over_tls(read):
    """A tunnel to a regional STS host ends in the fake, whose certificate the program trusts."""
    [answer] = read("https://sts.cn-hangzhou.aliyuncs.com/?Action=GetCallerIdentity&Version=2015-04-01")
    assert answer.startswith("400 ")


def test_other_hosts_are_refused_and_named(read):
    """What is not emulated is refused with a sentence that says how to let it pass."""
    [answer] = read("http://example.com/")
    assert answer.startswith("403 ")
    assert "--allow example.com" in answer


def test_an_allowed_host_passes(behind_proxy, httpserver):
    """--allow lets a host pass, and the first line says so."""
    httpserver.expect_request("/a").respond_with_data("ok")
    url = httpserver.url_for("/a")
    refused = behind_proxy(sys.executable, "-c", ASK_THE_PROXY, url)
    passed = behind_proxy(sys.executable, "-c", ASK_THE_PROXY, url, options=["--allow", "localhost"])
    assert "--allow localhost" in refused.stdout
    assert passed.stdout == "ok\n"
    assert "but for localhost" in passed.stderr.partition("\n")[0]


def test_loopback_is_reached_without_it(read, httpserver):
    """A program's own services on loopback are none of the proxy's business."""
    httpserver.expect_request("/a").respond_with_data("ok")
    assert read(httpserver.url_for("/a").replace("localhost", "127.0.0.1")) == ["200 ok"]


def test_every_runtime_is_told_in_its_own_way(behind_proxy):
    """The variables name the proxy and whom to trust in the spellings of curl, Python, Node.js and Java."""
    program = "import json, os; print(json.dumps(dict(os.environ)))"
    said = json.loads(behind_proxy(sys.executable, "-c", program).stdout)
    proxy = said["HTTP_PROXY"]
    assert {said[name] for name in ("http_proxy", "https_proxy", "HTTPS_PROXY")} == {proxy}
    assert {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"} <= said.keys()
    port = proxy.rpartition(":")[2]
    assert f"-Dhttps.proxyPort={port}" in said["JAVA_TOOL_OPTIONS"]
    assert "-Djavax.net.ssl.trustStore=" in said["JAVA_TOOL_OPTIONS"]
    assert "ALL_PROXY" not in said


def test_what_was_asked_is_reported(read, tmp_path):
    """The report holds refusals too, as requests that nobody could place."""
    report = tmp_path / "report.json"
    read("http://100.100.100.200/latest/meta-data/", "http://example.com/", options=["--report", str(report)])
    told = json.loads(report.read_text(encoding="utf-8"))
    assert [(entry["service"], entry["status"]) for entry in told["requests"]] == [
        ("imds", 200),
        ("proxy", 403),
    ]
