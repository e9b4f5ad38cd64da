"""What the isolations of `alicred-emulator exec` do, step by step, for machines that this one is not."""

import socket
import sys
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from alicred_emulator.journal import Journal
from alicred_emulator.launch import command, report
from alicred_emulator.launch.command import Wish
from alicred_emulator.launch.companions import linkage, program_clock
from alicred_emulator.launch.errors import AttachError, ImpossibleError
from alicred_emulator.launch.isolation import certificates
from alicred_emulator.launch.isolation.by_variables import ByVariables
from alicred_emulator.launch.isolation.forwarding import Forwarding
from alicred_emulator.sandbox import places

on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="namespaces are Linux's")
SECONDS = 10


@pytest.fixture
def fakes(tmp_path):
    """What the files of a program are made of."""
    bundle = tmp_path / "bundle.pem"
    bundle.write_text("")
    return SimpleNamespace(
        region="cn-hangzhou", ca_certificate=lambda: "the authority\n", ca_bundle=lambda: bundle
    )


class Refused:
    """An isolation that does not work."""

    def enter(self, _keeper):
        raise ImpossibleError("the kernel will not")


@pytest.fixture
def isolations(monkeypatch, tmp_path):
    """Have other isolations, and a keeper that starts nothing."""
    from alicred_emulator.launch.keeping import kept, passing_on

    @contextmanager
    def keeper(_command, _mask):
        yield SimpleNamespace(folder=tmp_path)

    def isolations(**known):
        monkeypatch.setattr(command, "ISOLATIONS", known)
        monkeypatch.setattr(kept, "Kept", keeper)
        monkeypatch.setattr(passing_on, "launch", lambda *_: 7)

    return isolations


@on_linux
def test_the_next_isolation_is_tried_where_one_does_not_work(isolations):
    """With a keeper of its own, since who has half entered a sandbox is good for nothing else."""
    isolations(strong=Refused, weak=ByVariables)
    said = []
    assert command.run(Wish(command=["true"]), said.append) == 7
    assert "isolation weak: " in said[0]
    assert "isolation strong does not work here: the kernel will not" in said[0]


@on_linux
def test_where_none_works_each_says_why(isolations):
    """Nothing is run without one."""
    isolations(one=Refused, other=Refused)
    with pytest.raises(ImpossibleError, match=r"isolation one does not .*; isolation other does not "):
        command.run(Wish(command=["true"]), print)


@on_linux
def test_a_machine_without_a_file_of_hosts_has_no_namespaces(monkeypatch, tmp_path):
    """There would be nothing to put another one over."""
    from alicred_emulator.launch.isolation.namespace import Namespace

    monkeypatch.setattr(places, "HOSTS", tmp_path / "hosts")
    with pytest.raises(ImpossibleError, match=f"there is no {tmp_path}/hosts"):
        Namespace().enter(SimpleNamespace())


@on_linux
def test_what_a_keeper_is_refused_is_explained():
    """By the machine's settings, as far as they are known."""
    from alicred_emulator.launch.isolation.namespace import Namespace
    from alicred_emulator.launch.keeping.kept import RefusedError

    def enter(_addresses):
        raise RefusedError("unshare: Function not implemented", 38)

    with pytest.raises(ImpossibleError, match=r"the kernel .*unshare: Function not implemented"):
        Namespace().enter(SimpleNamespace(enter=enter))


@on_linux
def test_loopback_has_its_name_inside():
    """Whoever asks the name server for it, and reads no file of hosts."""
    from alicred_emulator.launch.isolation import namespace

    assert namespace._address("localhost") == "127.0.0.1"
    assert namespace._address("example.com") is None


def test_nothing_is_put_over_what_is_not_there(fakes, monkeypatch, tmp_path):
    """Such as a table of name services, a cache of names, a bundle of authorities, Java's trust store."""
    from alicred_emulator.launch.isolation.overlays import overlays

    hosts = tmp_path / "hosts"
    hosts.write_text("")
    for name in ("HOSTS", "NAME_SERVERS"):
        monkeypatch.setattr(places, name, hosts if name == "HOSTS" else tmp_path / "resolv.conf")
    for name in ("AUTHORITIES", "JAVA_AUTHORITIES", "NAME_CACHES"):
        monkeypatch.setattr(places, name, ())
    monkeypatch.setattr(places, "NAME_SERVICES", tmp_path / "none")
    for name in ("HOME", "JAVA_HOME", "JDK_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("PATH", "")
    addresses = dict.fromkeys(("imds", "sts", "ecs_api", "cloud_sso", "oauth"), "100.100.80.1")
    laid = overlays(fakes, tmp_path, addresses, "100.100.2.136")
    assert [place for _, place in laid] == [hosts, tmp_path / "resolv.conf"]


def test_whom_to_trust_is_everybody_and_the_fakes(fakes, monkeypatch, tmp_path):
    """A file that the user has named is extended; what adds to others holds the fakes' authority alone."""
    for name in ("CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    own = tmp_path / "own.pem"
    own.write_text("somebody")
    monkeypatch.setenv("SSL_CERT_FILE", str(own))
    variables = certificates.variables(fakes, tmp_path)
    assert variables["CURL_CA_BUNDLE"] == variables["REQUESTS_CA_BUNDLE"] == str(fakes.ca_bundle())
    said = {name: Path(variables[name]).read_text() for name in ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")}
    assert said == {
        "SSL_CERT_FILE": "somebody\nthe authority\n",
        "NODE_EXTRA_CA_CERTS": "\nthe authority\n",
    }


def test_the_end_of_a_forwarding_ends_what_is_under_way():
    """Neither side is left to wait for the other."""
    with socket.create_server(("127.0.0.1", 0)) as upstream:
        inside = socket.socket()
        inside.bind(("127.0.0.1", 0))
        place = inside.getsockname()
        with Forwarding({inside: upstream.getsockname()[1]}):
            client = socket.create_connection(place, SECONDS)
            accepted, _ = upstream.accept()
        with client, accepted:
            accepted.settimeout(SECONDS)
            assert client.recv(1) == accepted.recv(1) == b""


def test_where_nobody_listens_a_forwarded_port_refuses():
    """As it does on loopback itself, whichever version of IP is asked for."""
    with socket.socket() as unused, socket.socket() as inside:
        unused.bind(("127.0.0.1", 0))
        inside.bind(("127.0.0.1", 0))
        place = inside.getsockname()
        with (
            Forwarding({inside: unused.getsockname()[1]}),
            pytest.raises(ConnectionResetError),
            # The refusal may come before this has returned.
            socket.create_connection(place, SECONDS) as client,
        ):
            client.recv(1)


def test_who_was_gone_before_the_forwarding_began_is_let_go(monkeypatch):
    """And others are served."""
    from alicred_emulator.launch.isolation import forwarding

    real, gone = forwarding.Connection, [OSError("gone")]

    def connection(sock):
        if gone:
            raise gone.pop()
        return real(sock)

    monkeypatch.setattr(forwarding, "Connection", connection)
    with socket.create_server(("127.0.0.1", 0)) as upstream:
        inside = socket.socket()
        inside.bind(("127.0.0.1", 0))
        place = inside.getsockname()
        with Forwarding({inside: upstream.getsockname()[1]}):
            with socket.create_connection(place, SECONDS) as first:
                assert first.recv(1) == b""
            with socket.create_connection(place, SECONDS), upstream.accept()[0]:
                assert gone == []


@on_linux
@pytest.mark.parametrize("takes_them", [True, False])
def test_an_emulator_that_has_ended_takes_no_sockets_over(takes_them):
    """Whether it has still got them or not; they are closed here in any case."""
    from alicred_emulator.launch.attaching import attached
    from alicred_emulator.launch.channel import Channel

    one, other = Channel.pair()
    if takes_them:
        other._socket.shutdown(socket.SHUT_WR)
    else:
        other.close()
    sock = socket.socket()
    with pytest.raises(AttachError, match="the emulator has ended"):
        attached._hand_over(one, "imds", [sock])
    assert sock.fileno() == -1
    one.close()
    other.close()


@on_linux
def test_an_emulator_is_watched_where_there_is_a_line_to_it():
    """It says nothing on it, so whatever there is to read is its end."""
    from alicred_emulator.launch.attaching import attached
    from alicred_emulator.launch.channel import Channel

    one, other = Channel.pair()
    attached._watch(None)
    attached._watch(one)
    other.close()
    with pytest.raises(AttachError, match="the emulator has ended, and so does the program"):
        attached._watch(one)
    one.close()


def test_a_program_that_would_not_run_with_a_preloaded_library_gets_none(tmp_path):
    """It keeps the machine's time, as the line on stderr says."""
    program = linkage.Program(tmp_path, why_not="is linked with musl", may_preload=False)
    said = []
    clock = program_clock._on_clock(program, False, lambda: said.append("told"), SimpleNamespace(), {})
    with clock as changes:
        assert (changes, said) == ({}, ["told"])


def test_a_report_that_cannot_be_written_in_the_end_is_an_error(tmp_path):
    """The directory was there at the beginning."""
    with pytest.raises(report.ReportError, match=r"cannot write the report .*; choose another file"):
        report.write(tmp_path / "gone" / "report.json", Journal())
