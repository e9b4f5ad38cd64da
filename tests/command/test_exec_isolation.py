"""`alicred-emulator exec`: which isolation is taken, and what the program's environment says in each."""

import json
import os
import sys

import pytest

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="namespaces are Linux's")

FETCH = "import os, urllib.request as u; print(u.urlopen(os.environ['{}'] + '{}').read().decode())"


@pytest.fixture
def environment_of(run):
    """Return the environment that a program is given by the command."""

    def environment_of(*options, **variables):
        printed = run(*options, "--", "env", "-0", **variables).stdout.rstrip("\0")
        return dict(variable.split("=", 1) for variable in printed.split("\0"))

    return environment_of


def test_auto_takes_the_strongest_and_says_which(run, whoever):
    """The line says what is cut off, before the program says anything."""
    whoever("this user")
    [line] = run("--", "true").stderr.splitlines()
    assert line.startswith(
        "alicred-emulator: isolation namespace: 100.100.100.200, STS and the other emulated"
    )
    assert "every other address and name is cut off; control API: http://127.0.0.1:" in line


@pytest.fixture
def forbidden(exec_command, whoever):
    """The beginning of a command that runs where the kernel refuses namespaces."""
    whoever("an ordinary user" if exec_command.IS_ROOT else "this user")
    prefix = exec_command.AS_ORDINARY_USER if exec_command.IS_ROOT else []
    script = str(exec_command.Path(exec_command.__file__).with_name("without_namespaces.py"))
    return [*prefix, sys.executable, script]


def test_a_kernel_that_refuses_namespaces_is_explained(run, forbidden):
    """One line says why, and what allows them; the program is not run."""
    done = run("--isolation", "namespace", "--", "echo", "run", prefix=forbidden)
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert line.startswith("alicred-emulator: isolation namespace does not work here: ")
    assert "sysctl user.max_user_namespaces=1000 allows them" in line


def test_auto_takes_what_works_and_says_why_nothing_stronger(run, forbidden):
    """The program meets the fakes all the same."""
    done = run("--", "echo", "run", prefix=forbidden)
    assert (done.returncode, done.stdout) == (0, "run\n")
    [line] = done.stderr.splitlines()
    assert "isolation namespace: " not in line
    assert "isolation namespace does not work here: the kernel refuses namespaces" in line


def test_an_isolation_that_nobody_knows_is_status_two(run):
    """The known ones are listed."""
    done = run("--isolation", "jail", "--", "true")
    assert done.returncode == 2
    assert "'auto', 'namespace'" in done.stderr


def test_variables_say_where_the_fakes_are(run):
    """All there is in the weakest isolation."""
    fetch = FETCH.format("ALIBABA_CLOUD_IMDS_ENDPOINT", "/latest/meta-data/region-id")
    assert run("--isolation", "env", "--", sys.executable, "-c", fetch).stdout == "cn-hangzhou\n"


def test_the_control_api_is_there(run):
    """A program, or whoever reads the first line, may move the clock and add faults."""
    fetch = FETCH.format("ALICRED_EMULATOR_CONTROL", "/healthz")
    assert run("--isolation", "env", "--", sys.executable, "-c", fetch).returncode == 0


@pytest.mark.parametrize(
    ("identity", "added"),
    [
        ("ecs", set()),
        ("user", {"ACCESS_KEY_ID", "ACCESS_KEY_SECRET", "ROLE_ARN"}),
        ("rrsa", {"ROLE_ARN", "OIDC_PROVIDER_ARN", "OIDC_TOKEN_FILE", "STS_REGION", "VPC_ENDPOINT_ENABLED"}),
        ("uri", {"CREDENTIALS_URI"}),
    ],
)
def test_an_identity_adds_what_such_a_machine_has(environment_of, identity, added):
    """Besides the endpoints, which every program is told."""
    said = environment_of("--isolation", "env", "--identity", identity)
    names = {name.removeprefix("ALIBABA_CLOUD_") for name in said if name.startswith("ALIBABA_CLOUD_")}
    assert names == {"IMDS_ENDPOINT", "STS_ENDPOINT", "CLI_PROFILE_DISABLED"} | added


def test_the_developers_own_identity_stays_outside(environment_of):
    """A real key would be used before anything that the instance shows; other settings are kept."""
    said = environment_of(
        "--isolation",
        "env",
        ALIBABA_CLOUD_ACCESS_KEY_ID="real",
        ALIBABACLOUD_SECURITY_TOKEN="real",
        ALIBABA_CLOUD_CREDENTIALS_URI="http://real",
        ALIBABA_CLOUD_ROLE_SESSION_NAME="mine",
        MINE="kept",
    )
    assert "real" not in json.dumps(said)
    assert (said["ALIBABA_CLOUD_ROLE_SESSION_NAME"], said["MINE"]) == ("mine", "kept")


def test_in_a_namespace_there_is_no_proxy(environment_of, whoever):
    """None could be reached, and an instance reads its metadata directly."""
    whoever("this user")
    said = environment_of("--isolation", "namespace", https_proxy="http://127.0.0.1:1", HTTP_PROXY="x")
    assert not {name for name in said if name.lower() in {"http_proxy", "https_proxy"}}


def test_a_bundle_of_ones_own_is_extended(run, whoever, folder):
    """Whom the user trusts stays trusted, beside the fakes."""
    whoever("this user")
    bundle = folder / "mine.pem"
    bundle.write_text("# mine\n", encoding="ascii")
    script = (
        'grep -c BEGIN "$SSL_CERT_FILE"; grep mine "$SSL_CERT_FILE"; grep -c BEGIN "$NODE_EXTRA_CA_CERTS"'
    )
    named = {"SSL_CERT_FILE": str(bundle), "NODE_EXTRA_CA_CERTS": ""}
    done = run("--isolation", "namespace", "--", "sh", "-c", script, **named)
    assert done.stdout.splitlines() == ["1", "# mine", "1"]
    assert bundle.read_text(encoding="ascii") == "# mine\n"


def test_the_report_tells_what_was_asked(run, folder):
    """No header, query or body is in it."""
    report = folder / "report.json"
    fetch = FETCH.format("ALIBABA_CLOUD_IMDS_ENDPOINT", "/latest/meta-data/region-id?secret=1")
    run("--isolation", "env", "--report", str(report), "--", sys.executable, "-c", fetch)
    [request] = json.loads(report.read_text(encoding="utf-8"))["requests"]
    assert request.pop("time").endswith("Z")
    assert request == {
        "service": "imds",
        "operation": "Metadata",
        "method": "GET",
        "path": "/latest/meta-data/region-id",
        "status": 200,
        "placed": True,
    }


def test_a_program_that_fails_is_reported_too(run, folder):
    """What it asked for before is what one wants to know."""
    report = folder / "report.json"
    assert run("--isolation", "env", "--report", str(report), "--", "false").returncode == 1
    assert json.loads(report.read_text(encoding="utf-8")) == {"requests": []}


def test_a_report_that_cannot_be_written_is_said_at_once(run, folder):
    """Not after the program has run for an hour."""
    done = run("--isolation", "env", "--report", str(folder / "no" / "report"), "--", "echo", "run")
    assert (done.returncode, done.stdout) == (2, "")
    assert "cannot write the report" in done.stderr


def test_the_rest_of_the_environment_is_as_it_was(environment_of):
    """The program is started where its user is."""
    said = environment_of("--isolation", "env")
    assert said["PATH"] == os.environ["PATH"]
    assert said["HOME"] == os.environ["HOME"]


def test_it_is_a_child_that_other_programs_can_wait_for(exec_command, run):
    """A program inside may run the command itself."""
    options = ["--isolation", "env", "--"]
    assert run(*options, *exec_command.COMMAND, *options, "echo", "deep").stdout == "deep\n"


@pytest.fixture
def home(folder):
    """The home directory of a developer who has profiles."""
    for name in (".aliyun/config.json", ".alibabacloud/credentials"):
        file = folder / "home" / name
        file.parent.mkdir(parents=True)
        file.write_text("a real key", encoding="utf-8")
    return folder / "home"


def test_a_namespace_has_no_profiles(run, whoever, home):
    """The developer's own are out of sight; what the program writes in their place ends with it."""
    whoever("this user")
    script = "cd ~; ls -A .aliyun; ls -A .alibabacloud; echo mine > .aliyun/new; cat .aliyun/new"
    printed = run("--isolation", "namespace", "--", "sh", "-c", script, HOME=str(home)).stdout
    assert printed == "mine\n"
    assert [file.name for file in (home / ".aliyun").iterdir()] == ["config.json"]


def test_elsewhere_sdks_are_told_to_pass_profiles_by(environment_of, home):
    """By the one variable for it that they know; a file that the developer has named is not named."""
    said = environment_of("--isolation", "env", HOME=str(home), ALIBABA_CLOUD_CREDENTIALS_FILE="/real")
    assert said["ALIBABA_CLOUD_CLI_PROFILE_DISABLED"] == "true"
    assert "ALIBABA_CLOUD_CREDENTIALS_FILE" not in said
