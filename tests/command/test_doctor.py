"""`alicred-emulator doctor`: a line for everything that matters, each condition faked."""

import json
import os
import socket
import sys
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from alicred_emulator.cli import command
from alicred_emulator.doctor import machine, ports, settings
from alicred_emulator.doctor.command import examine
from alicred_emulator.doctor.findings import MIND, MISSING, OK, Finding, Probe
from alicred_emulator.doctor.probes import NAMESPACES, PROBES
from alicred_emulator.shipped import toml_module


def probe(name="thing", state=OK, needed=False, remedy=""):
    finding = Finding(state, "as it is", remedy)
    return Probe(name=name, purpose="what it is for", look=lambda: finding, needed=needed)


@pytest.fixture
def examined():
    """Examine some probes; return the exit status and the lines."""

    def examined(*probes, **options):
        lines = []
        status = examine(lines.append, probes=probes, **options)
        return status, lines

    return examined


def test_each_thing_is_a_line_with_state_purpose_and_remedy(examined):
    """Who reads it sees what it is for before what to do."""
    _, lines = examined(probe(), probe("other", MISSING, remedy="install it"))
    assert lines[:2] == [
        "ok       thing            what it is for: as it is",
        "missing  other            what it is for: as it is; install it",
    ]


@pytest.mark.parametrize(("state", "status"), [(OK, 0), (MIND, 0), (MISSING, 1)])
def test_the_status_is_that_of_what_exec_needs(examined, state, status):
    """What it can do without changes nothing, and what gets in the way is no failure."""
    assert examined(probe("needed", state, needed=True), probe("other", MISSING))[0] == status


@pytest.mark.parametrize(
    ("probes", "said"),
    [
        ((probe(NAMESPACES),), "exec works here, by default with --isolation namespace."),
        ((probe(NAMESPACES, MISSING),), "exec works here, by default with --isolation proxy."),
        ((probe("packages", MISSING, needed=True),), "exec does not work here, for want of: packages."),
    ],
)
def test_the_last_line_sums_it_up(examined, probes, said):
    """Without namespaces there is a weaker isolation."""
    assert examined(*probes)[1][-1] == said


def test_as_json_it_is_one_object(examined):
    """For scripts, with the same facts."""
    status, [text] = examined(probe(needed=True), as_json=True)
    told = json.loads(text)
    assert (status, told["works"]) == (0, True)
    assert told["findings"] == [
        {
            "name": "thing",
            "state": "ok",
            "needed": True,
            "purpose": "what it is for",
            "detail": "as it is",
            "remedy": "",
        }
    ]


def test_the_command_looks_at_everything_there_is():
    """On this machine, whatever it is: every probe finds something, and says what to do about it."""
    done = CliRunner().invoke(command, ["doctor", "--json"])
    told = json.loads(done.output)
    assert [finding["name"] for finding in told["findings"]] == [probe.name for probe in PROBES]
    assert done.exit_code == (0 if told["works"] else 1)
    assert all(finding["remedy"] for finding in told["findings"] if finding["state"] != OK)


def test_namespaces_are_tried_and_a_refusal_is_explained():
    """With the reason that exec gives."""
    assert machine.namespaces(lambda: None).state == OK
    refused = machine.namespaces(lambda: "AppArmor forbids them; sysctl x=0 allows them")
    assert (refused.state, refused.detail) == (MISSING, "AppArmor forbids them; sysctl x=0 allows them")
    assert "--isolation proxy" in refused.remedy


def test_files_are_looked_at_on_linux_alone():
    """Elsewhere nothing is put over them."""
    missing = machine.files(lambda: "there is no /etc/hosts", system="linux")
    assert (missing.state, missing.detail) == (MISSING, "there is no /etc/hosts")
    assert machine.files(lambda: "there is no /etc/hosts", system="darwin").state == OK


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path):
    """TMPDIR is how another one is named."""
    assert machine.temporary_files(lambda: str(tmp_path)) == Finding(OK, str(tmp_path))
    gone = machine.temporary_files(lambda: str(tmp_path / "gone"))
    assert gone.state == MISSING
    assert "TMPDIR" in gone.remedy


def test_packages_that_are_missing_are_named():
    """One line installs them all."""
    found = machine.packages(["click", "trustme"], {"click": object()}.get)
    assert found == Finding(MISSING, "without trustme", 'pip install "alicred[emulator]"')
    assert machine.packages().state == OK


def test_the_packages_are_those_of_the_extra():
    """What is added to it is looked for, and what is taken out no longer."""
    pyproject = Path(__file__).parents[2] / "pyproject.toml"
    project = toml_module().loads(pyproject.read_text(encoding="utf-8"))["project"]
    asked_for = [Requirement(line) for line in project["optional-dependencies"]["emulator"]]
    needed_here = {one.name for one in asked_for if one.marker is None or one.marker.evaluate()}
    distributions = metadata.packages_distributions()
    # Python 3.10 knows the modules of those only which list them in a file of their own.
    names = (distributions.get(module, [module])[0] for module in machine.EXTRA)
    looked_for = {canonicalize_name(name) for name in names}
    # What PyJWT needs for signatures of RSA.
    assert looked_for == {*needed_here, "cryptography"}


@pytest.mark.parametrize(
    "found", [machine.libfaketime(lambda: None), machine.tool("x", PROBES[-1].look.args[1], lambda _: None)]
)
def test_what_is_a_package_is_installed_in_each_distributions_way(found):
    """Debian's, Fedora's and Alpine's at least."""
    assert (found.state, found.detail) == (MISSING, "not found")
    assert all(word in found.remedy for word in ("apt-get install ", "dnf install ", "apk add "))


def test_what_is_found_is_said_where(tmp_path):
    """In case it is not the one that was meant."""
    assert machine.libfaketime(lambda: tmp_path) == Finding(OK, str(tmp_path))
    assert machine.tool("node", "", lambda name: f"/bin/{name}") == Finding(OK, "/bin/node")


def test_ports_that_are_taken_are_named_with_their_holders():
    """As far as can be told."""
    free = {8100, 8102}.__contains__
    found = ports.ports(range(8100, 8104), free, lambda taken: {8101: "node (process 7)"})
    assert found.state == MISSING
    assert found.detail == "taken: 8101 by node (process 7), 8103 by a process that is not shown to this user"
    assert "--port-base" in found.remedy
    assert ports.ports(range(8100, 8104), lambda port: True) == Finding(OK, "8100 to 8103")


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="the kernel does not show its sockets here")
def test_the_holder_of_a_port_is_found():
    """By what Linux shows of processes; of a free port there is none."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        [(found, holder)] = ports.holders_of([port, 1]).items()
        assert ports.ports([port]).state == MISSING
    assert found == port
    assert holder.endswith(f"(process {os.getpid()})")
    assert ports.ports([port]).state == OK


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel shows its sockets in files on Linux alone")
def test_a_holder_that_has_just_ended_has_no_name(tmp_path):
    """Its port was taken, for whoever looked a moment ago."""
    (tmp_path / "net").mkdir()
    listening = ["0:", "0100007F:0050", "00000000:0000", "0A", *"45678", "77"]
    (tmp_path / "net/tcp").write_text(f"heading\n{' '.join(listening)}\n", encoding="ascii")
    (tmp_path / "7/fd").mkdir(parents=True)
    (tmp_path / "7/fd/3").symlink_to("socket:[77]")
    assert ports.holders_of([80], tmp_path) == {80: "somebody (process 7)"}


def test_a_port_is_tried_in_the_systems_own_way(monkeypatch):
    """What lets POSIX take a port again at once would let others share it elsewhere."""
    monkeypatch.setattr(ports, "os", SimpleNamespace(name="nt"))
    assert ports.loopback().state == OK


def test_a_kernel_that_shows_nothing_names_nobody(tmp_path):
    """Neither does one that is no Linux."""
    assert ports.holders_of([80], tmp_path) == {}


def test_without_loopback_nothing_works():
    """A container may come without it."""
    assert ports.loopback().state == OK
    assert ports.loopback(lambda port: False).state == MISSING


@pytest.mark.parametrize(
    ("variables", "state", "detail"),
    [
        ({"SSL_CERT_FILE": None, "CURL_CA_BUNDLE": ""}, OK, "none"),
        ({"SSL_CERT_FILE": __file__, "CURL_CA_BUNDLE": None}, MIND, "SSL_CERT_FILE set"),
        (
            {"SSL_CERT_FILE": __file__, "CURL_CA_BUNDLE": "/no/where"},
            MIND,
            "CURL_CA_BUNDLE: no file that can be read",
        ),
    ],
)
def test_authorities_of_ones_own_are_minded(variables, state, detail):
    """exec extends them; a name that leads nowhere breaks every client."""
    found = settings.authorities(variables)
    assert (found.state, found.detail) == (state, detail)


def test_proxies_are_minded():
    """A program may ask one for the metadata."""
    assert settings.proxies([]) == Finding(OK, "none")
    assert settings.proxies(["https_proxy", "HTTP_PROXY"]).detail == "HTTP_PROXY, https_proxy set"


def test_a_credential_is_minded_and_never_shown(monkeypatch, tmp_path):
    """Neither of a variable nor of a file is more said than its name."""
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "real-secret")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".aliyun").mkdir()
    (tmp_path / ".aliyun" / "config.json").write_text("real-secret", encoding="utf-8")
    found = settings.credentials()
    assert found.state == MIND
    assert found.detail == "ALIBABA_CLOUD_ACCESS_KEY_SECRET, ~/.aliyun/config.json there"


def test_an_endpoint_is_no_credential(monkeypatch, tmp_path):
    """Nor is a region, or a session's name."""
    for name in [name for name in os.environ if name.upper().startswith(("ALIBABA", "ALICLOUD"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ALIBABA_CLOUD_STS_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert settings.credentials() == Finding(OK, "none")
