"""Whom the emulator certifies, to whom, and for how long."""

import contextlib
import datetime as dt
import ssl
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1
from freezegun import freeze_time

from alicred_emulator.authority import CertificateAuthority
from alicred_emulator.hosts import EMULATED_HOSTS

LOOPBACK = ("127.0.0.1", "::1", "localhost", "100.100.100.200")


@pytest.fixture
def authority():
    return CertificateAuthority()


def shake_hands(authority, name, *own_hosts, **flags):
    """Have a client that trusts the authority alone talk to a server of it; return what it was shown."""
    client_context = ssl.create_default_context(cadata=authority.certificate_pem.decode())
    for flag, value in flags.items():
        setattr(client_context, flag, value)
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server, server_hostname=name)
    asked = "" if name.replace(".", "").isdigit() or ":" in name else name
    server = authority.server_context(asked, *own_hosts).wrap_bio(to_server, to_client, server_side=True)
    for side in (client, server) * 3:
        with contextlib.suppress(ssl.SSLWantReadError):
            side.do_handshake()
    return x509.load_der_x509_certificate(client.getpeercert(binary_form=True))


@pytest.mark.parametrize("pattern", EMULATED_HOSTS)
def test_every_emulated_host_is_certified(authority, pattern):
    """A client that asks for it, in any case, is shown a certificate of it and nothing else."""
    name = pattern.replace("*", "cn-hangzhou")
    shown = shake_hands(authority, name.upper())
    names = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    listed = [str(each.value) for each in names]
    assert name in listed
    assert listed == [name] or name == "100.100.100.200"


@pytest.mark.parametrize("name", [*LOOPBACK, "127.0.0.2", "192.0.2.7", "2001:db8::1", "box.example"])
def test_the_servers_own_hosts_are_certified(authority, name):
    """A client without a name to ask for, or with one that is the server's, is shown all the server has."""
    assert shake_hands(authority, name, "127.0.0.2", "192.0.2.7", "2001:db8::1", "box.example")


@pytest.mark.parametrize(
    "name",
    [
        "example.org",
        "aliyuncs.com",
        "oss-cn-hangzhou.aliyuncs.com",
        "sts.a.b.aliyuncs.com",
        "sts.aliyuncs.com.example.org",
        "192.0.2.7",
    ],
)
def test_nobody_else_is_certified(authority, name):
    """A test that talks to another host by mistake is told so, and whoever trusts us is not betrayed."""
    with pytest.raises(ssl.SSLCertVerificationError, match=r"[Hh]ostname mismatch|IP address mismatch"):
        shake_hands(authority, name)


@pytest.mark.parametrize(
    "name", ["sts.under_score.aliyuncs.com", "sts.xn--a.aliyuncs.com", "sts..aliyuncs.com", f"sts.{'x' * 64}"]
)
def test_a_name_that_no_certificate_can_bear_is_passed_over(authority, name):
    """Such a name is answered with the server's own certificate, and a host of that kind without it."""
    assert authority.server_context(name) is authority.server_context("")
    assert authority.server_context("", name) is not None


def test_a_server_for_both_families_certifies_the_plain_address(authority):
    """An IPv4 client of an IPv6 socket knows its server by the IPv4 address."""
    assert authority.server_context("", "::ffff:192.0.2.7") is authority.server_context("", "192.0.2.7")


def test_strict_clients_agree(authority):
    """Python 3.13 and later ask for every rule of RFC 5280."""
    assert shake_hands(authority, "sts.aliyuncs.com", verify_flags=ssl.VERIFY_X509_STRICT)


def test_an_older_version_is_spoken_too(authority):
    """Clients that know no more than TLS 1.2 exist."""
    assert shake_hands(authority, "sts.aliyuncs.com", maximum_version=ssl.TLSVersion.TLSv1_2)


@pytest.mark.parametrize("now", ["2000-01-02", "2026-01-02", "2999-12-30"])
def test_they_are_good_in_any_year(now):
    """A test may live in any year from 2000 to 2999, and the certificates be made in it or before it."""
    with freeze_time(now):
        authority = CertificateAuthority()
        leaf = shake_hands(authority, "sts.aliyuncs.com")
    root = x509.load_pem_x509_certificate(authority.certificate_pem)
    for certificate in (root, leaf):
        # The names that do not warn are newer than some versions of the library that we accept.
        validity = [
            getattr(certificate, f"{end}_utc", None)
            or getattr(certificate, end).replace(tzinfo=dt.timezone.utc)
            for end in ("not_valid_before", "not_valid_after")
        ]
        assert validity[0] <= dt.datetime(2000, 1, 1, tzinfo=dt.timezone.utc)
        assert validity[1] >= dt.datetime(2999, 12, 31, tzinfo=dt.timezone.utc)


FROZEN_FIRST = """
import sys
from freezegun import freeze_time
from alicred_emulator.authority import CertificateAuthority

assert "cryptography" not in sys.modules
with freeze_time("2030-01-01"):
    CertificateAuthority().server_context("sts.aliyuncs.com")
CertificateAuthority().server_context("sts.aliyuncs.com")
"""


def test_they_can_be_made_in_a_frozen_process_first():
    """Compiled code, which keeps the class of dates that it meets first, must not meet a frozen one."""
    command = [sys.executable, "-W", "error", "-c", FROZEN_FIRST]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_fingerprint_is_that_of_the_certificate(authority):
    """It is what an OIDC provider registers: the SHA-1 in 40 hex digits."""
    certificate = x509.load_pem_x509_certificate(authority.certificate_pem)
    assert authority.fingerprint == certificate.fingerprint(SHA1()).hex()
    assert len(authority.fingerprint) == 40


def test_each_emulator_has_an_authority_of_its_own(authority):
    """Two are never mistaken for each other, by key or by name."""
    other = CertificateAuthority()
    assert authority.fingerprint != other.fingerprint
    first, second = (x509.load_pem_x509_certificate(each.certificate_pem) for each in (authority, other))
    assert first.subject != second.subject


def test_many_threads_make_one_authority(authority):
    """The first handshakes come at once."""
    together = threading.Barrier(8)

    def ask(_number):
        together.wait()
        return authority.certificate_pem

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(ask, range(8)))) == 1


def test_a_certificate_is_made_once_and_not_kept_for_ever(authority):
    """The second client of a host costs nothing, and a client that asks for a thousand hosts little."""
    first = authority.server_context("sts.aliyuncs.com")
    assert authority.server_context("STS.aliyuncs.com.") is first
    for number in range(300):
        authority.server_context(f"sts.region-{number}.aliyuncs.com")
    assert authority._context.cache_info().currsize <= 256


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the key of a server is in a file for a moment")
def test_no_key_touches_a_disk(authority, monkeypatch):
    """Neither the authority's key nor a server's is written where it could be read later."""

    def written(*_arguments, **_options):
        pytest.fail("a temporary file was made")

    monkeypatch.setattr("tempfile.NamedTemporaryFile", written)
    monkeypatch.setattr("tempfile.mkstemp", written)
    monkeypatch.setattr("trustme.NamedTemporaryFile", written)
    assert shake_hands(authority, "sts.aliyuncs.com")


@pytest.mark.parametrize(
    ("name", "value"),
    [("sys.platform", "darwin"), ("_OPEN_FILES", Path("nowhere"))],
    ids=["another system", "no /proc"],
)
def test_where_there_is_no_memory_file_a_temporary_one_does(authority, monkeypatch, tmp_path, name, value):
    """There the server's key is read from a file, which is gone at once."""
    monkeypatch.setattr(f"alicred_emulator.authority.{name}", value)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert shake_hands(authority, "sts.aliyuncs.com")
    assert list(tmp_path.iterdir()) == []
