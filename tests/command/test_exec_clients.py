"""Programs that nobody changed, on the instance that `exec` makes, for root and for an ordinary user.

Each finds the fakes where it would find the real services, over TLS where it insists on it. Alibaba's SDKs
are in tests/interop/.
"""

import json
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="namespaces are Linux's"),
]

WITHOUT_VARIABLES = [
    "env",
    *(f"--unset={name}" for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE")),
]
GO = Path(__file__).parents[1] / "interop" / "go" / "credential"
# As an ordinary user Java runs in tests/interop/.
of_this_user = pytest.mark.parametrize("user", ["this user"], indirect=True)
STS = "https://sts.ap-southeast-1.aliyuncs.com/"


@pytest.fixture
def inside(run, user, folder):
    """Run a program in a namespace; return what it printed and what was asked of the fakes."""

    def inside(*command, options=(), **variables):
        report = folder / "report.json"
        options = ("--isolation", "namespace", "--report", str(report), *options)
        done = run(*options, "--", *command, prefix=user, **variables)
        assert done.returncode == 0, done.stderr
        requests = json.loads(report.read_text(encoding="utf-8"))["requests"]
        return done.stdout, [f"{entry['service']}.{entry['operation']}" for entry in requests]

    return inside


def test_curl_trusts_sts_by_the_systems_bundle(inside, tool):
    """No variable has to say so."""
    curl = [tool("curl"), "-sS", "-o", "/dev/null", "-w", "%{http_code} %{ssl_verify_result}"]
    out, asked = inside(*WITHOUT_VARIABLES, *curl, STS)
    assert out == "400 0"
    assert len(asked) == 1


PYTHON_SDK = """
from alibabacloud_credentials.client import Client
print(Client().get_credential().provider_name)
"""


def test_alibabas_sdk_for_python_in_a_pod(inside):
    """By the variables that the webhook injects; TLS to STS cannot be configured away, and has not to be."""
    pytest.importorskip("alibabacloud_credentials")
    out, asked = inside(sys.executable, "-c", PYTHON_SDK, options=["--identity", "rrsa"])
    assert out.strip() == "default/oidc_role_arn"
    assert asked[-1] == "sts.AssumeRoleWithOIDC"


def test_a_static_program_in_go(inside):
    """It has a resolver of its own, and knows where systems keep their authorities."""
    if not GO.is_file():
        pytest.skip("the SDK for Go is not built: make go does it")
    reads = ["sh", "-c", 'echo null | "$0"', str(GO)]
    out, asked = inside(*WITHOUT_VARIABLES, *reads, options=["--identity", "rrsa"])
    assert json.loads(out)["securityToken"]
    assert asked[-1] == "sts.AssumeRoleWithOIDC"


JAVA = """
public class Get {
    public static void main(String[] arguments) throws Exception {
        var url = new java.net.URL(arguments[0]);
        System.out.println(((java.net.HttpURLConnection) url.openConnection()).getResponseCode());
    }
}
"""


@of_this_user
def test_a_program_in_java(inside, tool, folder):
    """Its own store of authorities is laid over, so that no option has to name another."""
    java = tool("java")
    source = folder / "Get.java"
    source.write_text(JAVA, encoding="utf-8")
    quick = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
    assert inside(*WITHOUT_VARIABLES, java, *quick, str(source), STS)[0] == "400\n"
