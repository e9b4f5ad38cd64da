"""Alibaba's SDKs in four languages, unmodified, on the instance that `exec` makes.

Each is one process that reads five credentials: of the instance, of a role assumed with a key, of a pod's
role, from a URI, and by the default chain. Where STS and the metadata are is built into most of them.
"""

import json
import os
import sys
from pathlib import Path

import pytest

# What an ordinary user's program trusts and asks, root's does too: tests/command/test_exec_clients.py.
USER = "an ordinary user" if hasattr(os, "geteuid") and os.geteuid() == 0 else "this user"
PLACES = [("namespace", USER), ("proxy", "this user")]

pytestmark = [
    pytest.mark.interop,
    pytest.mark.parametrize("inside", PLACES, ids=" for ".join, indirect=True),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="namespaces are Linux's"),
]

FOLDER = Path(__file__).parent
ROLE = {"role_arn": "@ROLE_ARN", "role_session_name": "inside"}
SOURCES = {
    "instance": {"type": "ecs_ram_role"},
    "role": {
        "type": "ram_role_arn",
        "access_key_id": "@ACCESS_KEY_ID",
        "access_key_secret": "@ACCESS_KEY_SECRET",
        **ROLE,
    },
    "pod": {
        "type": "oidc_role_arn",
        "oidc_provider_arn": "@OIDC_PROVIDER_ARN",
        "oidc_token_file_path": "@OIDC_TOKEN_FILE",
        **ROLE,
    },
    "uri": {"type": "credentials_uri", "credentials_uri": "@CREDENTIALS_URI"},
    "default chain": None,
}
WHAT_WAS_ASKED_LAST = {
    "instance": "imds.RoleCredential",
    "role": "sts.AssumeRole",
    "pod": "sts.AssumeRoleWithOIDC",
    "uri": "credentials_uri.Credential",
    "default chain": "imds.RoleCredential",
}
WHOLE = ["accessKeyId", "accessKeySecret", "securityToken"]
IN_GO = {"oidc_token_file_path": "oidc_token", "credentials_uri": "url"}
IN_CAMEL_CASE = {"credentials_uri": "credentialsURI"}


def camel(name):
    """Spell a name as Node.js and Java do."""
    first, *others = name.split("_")
    return IN_CAMEL_CASE.get(name, first + "".join(other.title() for other in others))


def spelled(spell):
    """Return the sources with names as one language spells them."""
    return {
        name: source and {spell(key): value for key, value in source.items()}
        for name, source in SOURCES.items()
    }


@pytest.fixture
def read(inside):
    """Have a client read credentials of sources; return what came of each."""

    def read(command, sources):
        driver = [sys.executable, str(FOLDER / "inside.py")]
        results = inside(*driver, json.dumps(command), json.dumps(list(sources.values())))
        return dict(zip(sources, json.loads(results), strict=True))

    return read


def check(results):
    """Each source gave a whole credential, asked the right fake last, and is whom it was to be."""
    assert {name: result["error"] for name, result in results.items()} == dict.fromkeys(results)
    assert {name: result["said"] for name, result in results.items()} == dict.fromkeys(results, WHOLE)
    asked = {name: result["asked"][-1] for name, result in results.items()}
    assert asked == {name: WHAT_WAS_ASKED_LAST[name] for name in results}
    sessions = {name: result["principal"].rpartition("/")[2] for name, result in results.items()}
    assert {sessions[name] for name in ("role", "pod") if name in sessions} <= {"inside"}
    assert sessions["instance"] == sessions["default chain"]
    assert sessions["instance"].startswith("i-")


def test_the_sdk_for_node(inside, read, tool):
    """It asks no proxy, whatever the environment says."""
    if inside.isolation == "proxy":
        pytest.skip("the SDK for Node.js knows no proxies")
    program = tool("node")
    if not (FOLDER / "node" / "node_modules").is_dir():
        pytest.skip("the SDK for Node.js is not installed: make node does it")
    check(read([program, str(FOLDER / "node" / "credential.js")], spelled(camel)))


def test_the_sdk_for_python(inside, read):
    """The product SDK of ECS, too, finds a fake at its host, which takes the default chain's credential.

    Through a proxy this SDK trusts certifi's authorities and no others, so it reads only what needs no TLS.
    """
    pytest.importorskip("alibabacloud_credentials")
    command = [sys.executable, str(FOLDER / "python_sdk.py")]
    results = read(command, {**spelled(str), "regions": "regions"})
    if inside.isolation == "proxy":
        untrusting = [results.pop(name) for name in ("role", "pod", "regions")]
        assert all("CERTIFICATE_VERIFY_FAILED" in result["error"] for result in untrusting)
    else:
        regions = results.pop("regions")
        assert (regions["said"], regions["asked"][-1]) == (["regions"], "ecs_api.DescribeRegions")
    check(results)


def test_the_sdk_for_go(read):
    """A static binary, which brings its own resolver and finds the authorities by itself."""
    program = FOLDER / "go" / "credential"
    if not program.is_file():
        pytest.skip("the SDK for Go is not built: make go does it")
    check(read([str(program)], spelled(lambda name: IN_GO.get(name, name))))


def test_the_sdk_for_java(inside, read, tool):
    """It trusts by a store of its own, and asks the proxies that its properties name."""
    program, lib = tool("java"), FOLDER / "java" / "lib"
    if not (lib / "Credential.class").is_file():
        pytest.skip("the SDK for Java is not built: make java does it")
    quick = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto"]
    # Where it looks for profiles is not said by HOME.
    command = [program, *quick, "-Duser.home=/nonexistent", "-cp", f"{lib}/*:{lib}", "Credential"]
    check(read(command, spelled(camel)))
