"""Programs that nobody changed, on the instance that `exec` makes, for root and for an ordinary user.

Each finds the fakes where it would find the real services, over TLS where it insists on it.
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

NODE_FOLDER = Path(__file__).parents[1] / "interop" / "node"
WITHOUT_VARIABLES = [
    "env",
    *(f"--unset={name}" for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE")),
]
STS = "https://sts.ap-southeast-1.aliyuncs.com/"
METADATA = "http://100.100.100.200/latest"


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


WALK = r"""
token=$(curl -sS -X PUT -H 'X-aliyun-ecs-metadata-token-ttl-seconds: 60' "$1/api/token") || exit 1
walk() {
    curl -sS -f -H "X-aliyun-ecs-metadata-token: $token" "$1" | while read -r entry || [ -n "$entry" ]; do
        case $entry in
            */) walk "$1$entry" ;;
            *)
                echo "$1$entry"
                curl -sS -f -o /dev/null -H "X-aliyun-ecs-metadata-token: $token" "$1$entry"
                ;;
        esac
    done
}
walk "$1/meta-data/"
"""


def test_curl_walks_the_metadata_tree(inside, tool):
    """With a token, from listing to listing, as a shell script of an image does it."""
    tool("curl")
    out, asked = inside("sh", "-c", WALK, "walk", METADATA)
    leaves = [line.removeprefix(f"{METADATA}/meta-data/") for line in out.splitlines()]
    assert {"instance-id", "region-id", "ram/security-credentials/EcsRamRole"} <= set(leaves) or len(
        leaves
    ) > 20
    assert asked[0] == "imds.Token"
    assert len(asked) > len(leaves)


def test_curl_trusts_sts_by_the_systems_bundle(inside, tool):
    """No variable has to say so."""
    curl = [tool("curl"), "-sS", "-o", "/dev/null", "-w", "%{http_code} %{ssl_verify_result}"]
    out, asked = inside(*WITHOUT_VARIABLES, *curl, STS)
    assert out == "400 0"
    assert len(asked) == 1


PYTHON_SDK = """
import json, sys
from alibabacloud_credentials.client import Client
from alibabacloud_credentials.models import Config
configuration = json.loads(sys.argv[1])
client = Client(Config(**configuration) if configuration else None)
print(client.get_credential().provider_name)
"""


@pytest.mark.parametrize(
    ("identity", "configuration", "provider", "last"),
    [
        ("ecs", {"type": "ecs_ram_role"}, "ecs_ram_role", "imds.RoleCredential"),
        ("ecs", {}, "default/ecs_ram_role", "imds.RoleCredential"),
        ("rrsa", {}, "default/oidc_role_arn", "sts.AssumeRoleWithOIDC"),
        ("uri", {"type": "credentials_uri"}, "credential_uri", "credentials_uri.Credential"),
    ],
)
def test_alibabas_sdk_for_python(inside, identity, configuration, provider, last):
    """Neither its metadata address nor TLS to STS can be configured away; neither has to be."""
    pytest.importorskip("alibabacloud_credentials")
    code = json.dumps(configuration)
    out, asked = inside(sys.executable, "-c", PYTHON_SDK, code, options=["--identity", identity])
    assert out.strip() == provider
    assert asked[-1] == last


# The user's key is known inside alone.
FILL_IN = """
filled=$(printf %s "$0" | sed "s|@id|$ALIBABA_CLOUD_ACCESS_KEY_ID|")
filled=$(printf %s "$filled" | sed "s|@secret|$ALIBABA_CLOUD_ACCESS_KEY_SECRET|")
filled=$(printf %s "$filled" | sed "s|@role|$ALIBABA_CLOUD_ROLE_ARN|")
exec "$@" "$filled"
"""


@pytest.fixture
def node(inside, tool):
    """Read a credential with the SDK for Node.js."""
    program = tool("node")
    if not (NODE_FOLDER / "node_modules").is_dir():
        pytest.skip("the SDK for Node.js is not installed: make test does it where npm is there")

    def node(configuration, identity):
        command = [program, str(NODE_FOLDER / "credential.js")]
        out, asked = inside("sh", "-c", FILL_IN, configuration, *command, options=["--identity", identity])
        return json.loads(out), asked

    return node


def test_alibabas_sdk_for_node_reads_the_role_of_the_instance(node):
    """At the address that it has built in."""
    credential, asked = node(json.dumps({"type": "ecs_ram_role"}), "ecs")
    assert set(credential) == {"accessKeyId", "accessKeySecret", "securityToken"}
    assert asked[-1] == "imds.RoleCredential"


def test_alibabas_sdk_for_node_assumes_a_role(node):
    """At the host that it has built in, over TLS; its signature is verified."""
    configuration = {
        "type": "ram_role_arn",
        "accessKeyId": "@id",
        "accessKeySecret": "@secret",
        "roleArn": "@role",
        "roleSessionName": "node",
    }
    credential, asked = node(json.dumps(configuration), "user")
    assert set(credential) == {"accessKeyId", "accessKeySecret", "securityToken"}
    assert asked == ["sts.AssumeRole"]


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
