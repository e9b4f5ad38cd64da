"""Programs that nobody changed, on the instance that `exec` makes, for root and for an ordinary user.

Each finds the fakes where it would find the real services, over TLS where it insists on it. Alibaba's SDKs are
in tests/interop/.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
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
STS = "https://sts.ap-southeast-1.aliyuncs.com/"


@pytest.fixture
def tool():
    """Return where a program is; skip where it is not."""

    def tool(name):
        found = shutil.which(name)
        if found is None:
            pytest.skip(f"{name} is not installed")
        return found

    return tool


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


GO = """package main

import (
	"fmt"
	"net/http"
	"os"
)

func main() {
	response, err := http.Get(os.Args[1])
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(response.StatusCode)
}
"""


@pytest.fixture(scope="session")
def go_program(tmp_path_factory):
    """A static program that fetches a URL and prints the status; built once, with the user's own cache."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("Go is not installed")
    with tempfile.TemporaryDirectory(prefix="of-exec-", dir="/tmp") as name:
        Path(name).chmod(0o755)
        source, program = Path(name, "main.go"), Path(name, "program")
        source.write_text(GO, encoding="utf-8")
        subprocess.run(
            [go, "build", "-o", str(program), str(source)],
            env={**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local"},
            check=True,
        )
        yield program


def test_a_static_program_in_go(inside, go_program):
    """It has a resolver of its own, and knows where systems keep their authorities."""
    assert inside(*WITHOUT_VARIABLES, str(go_program), STS)[0] == "400\n"


JAVA = """
public class Get {
    public static void main(String[] arguments) throws Exception {
        var url = new java.net.URL(arguments[0]);
        System.out.println(((java.net.HttpURLConnection) url.openConnection()).getResponseCode());
    }
}
"""


def test_a_program_in_java(inside, tool, folder):
    """Its own store of authorities is laid over, so that no option has to name another."""
    java = tool("java")
    source = folder / "Get.java"
    source.write_text(JAVA, encoding="utf-8")
    assert inside(*WITHOUT_VARIABLES, java, str(source), STS)[0] == "400\n"
