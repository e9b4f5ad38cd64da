"""The file that programs are told to trust: what is in it, and when it is there."""

import gc
import os
import ssl
import stat
import subprocess
import sys
import weakref
from pathlib import Path

import certifi
import pytest

from alicred_emulator.authority import CertificateAuthority
from alicred_emulator.ca_bundle import CaBundle
from alicred_emulator.emulator import Emulator


@pytest.fixture
def bundle():
    bundle = CaBundle(CertificateAuthority())
    yield bundle
    bundle.remove()


def subjects(file: Path) -> list[dict]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(file)
    return context.get_ca_certs()


def test_it_holds_everybodys_authorities_and_ours(bundle):
    """Other TLS goes on working: what certifi has is there, and one certificate more."""
    public, all_of_them = subjects(certifi.where()), subjects(bundle.path)
    assert all(certificate in all_of_them for certificate in public)
    [ours] = [certificate for certificate in all_of_them if certificate not in public]
    assert ((("organizationName", "alicred_emulator"),)) in ours["subject"]


def test_it_holds_nothing_secret(bundle):
    """Certificates alone, no key."""
    assert b"PRIVATE KEY" not in bundle.path.read_bytes()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_everyone_may_read_it(bundle):
    """A program may run as somebody else; only the owner may change whom it trusts."""
    assert stat.S_IMODE(bundle.path.stat().st_mode) == 0o644


def test_it_is_one_file_until_it_is_removed(bundle):
    """Each asking gives the same path, and after a removal a new file."""
    first = bundle.path
    assert bundle.path == first
    bundle.remove()
    assert not first.exists()
    second = bundle.path
    assert second.exists()
    assert bundle.path == second


def test_a_file_that_somebody_removed_is_there_again(bundle):
    """A test that tidies up the temporary directory does not break the next."""
    bundle.path.unlink()
    assert bundle.path.exists()


def test_it_can_be_removed_twice_and_unmade(bundle):
    """Removing what is not there is no error."""
    bundle.remove()
    path = bundle.path
    path.unlink()
    bundle.remove()
    bundle.remove()
    assert not path.exists()


def test_it_goes_with_its_owner():
    """An emulator that nobody stopped leaves no file when it is forgotten."""
    bundle = CaBundle(CertificateAuthority())
    path, owner = bundle.path, weakref.ref(bundle)
    del bundle
    gc.collect()
    assert owner() is None
    assert not path.exists()


def test_an_emulators_bundle_ends_with_it():
    """It survives a reset, which clients do not notice, and is gone once the emulator stopped."""
    with Emulator() as world:
        path, certificate = world.ca_bundle, world.ca_certificate
        world.reset()
        assert (world.ca_bundle, world.ca_certificate) == (path, certificate)
        assert certificate in path.read_text("utf-8")
    assert not path.exists()


def test_without_need_there_is_none(monkeypatch, tmp_path):
    """An emulator whose TLS nobody asks for writes nothing and makes no key."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Emulator() as world:
        assert list(tmp_path.iterdir()) == []
    assert world._world.ca._made is None


PROGRAM = """
import os, sys
from alicred_emulator import Emulator

world = Emulator()
world.start()
path = world.ca_bundle
{fork}
print(path, path.exists())
"""
FORK = """
if os.fork() == 0:
    world.stop()
    sys.exit()
os.wait()
"""


@pytest.mark.parametrize(
    "fork", ["", pytest.param(FORK, marks=pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here"))]
)
def test_it_ends_with_the_process_that_made_it(fork):
    """Without a stop it is gone at the interpreter's exit, and not at the exit of a forked child."""
    code = PROGRAM.format(fork=fork)
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    path, existed = done.stdout.split()
    assert existed == "True"
    assert not Path(path).exists()
    assert done.stderr == ""
