"""What the files of the sandbox say, and why a kernel refuses one."""

import errno
import shutil
import ssl
import subprocess

import certifi
import pytest

from alicred_emulator.sandbox import places
from alicred_emulator.sandbox.refusals import reason
from alicred_emulator.sandbox.trust_store import java_trust_store


def test_hosts_have_further_names():
    """Before those of the machine, which stay."""
    text = places.hosts_text("127.0.0.1 localhost\n", {"sts.aliyuncs.com": "100.100.80.2"})
    assert text == "100.100.80.2\tsts.aliyuncs.com\n127.0.0.1 localhost\n"


@pytest.mark.parametrize(
    "line", ["1.2.3.4 sts.aliyuncs.com", "1.2.3.4\tx ecs.cn-hangzhou.aliyuncs.com # note"]
)
def test_a_line_that_leads_past_the_fakes_is_left_out(line):
    """Somebody may have pinned a real address."""
    assert places.hosts_text(f"# a comment\n{line}\n\n::1 x\n", {}) == "# a comment\n\n::1 x\n"


@pytest.mark.parametrize(
    "line",
    ["hosts: files mymachines resolve [!UNAVAIL=return] dns", "hosts:\tfiles mdns4_minimal dns myhostname"],
)
def test_names_are_looked_up_in_files_and_by_dns_alone(line):
    """Other services ask a daemon of the machine, which no namespace keeps away."""
    text = places.name_services_text(f"passwd: files\n{line}\nnetworks: files\n")
    assert text == "passwd: files\nhosts: files dns\nnetworks: files\n"


def test_each_existing_file_is_named_once(tmp_path):
    """Distributions link several places to one file."""
    file, link = tmp_path / "bundle.pem", tmp_path / "link.pem"
    file.write_text("", encoding="ascii")
    link.symlink_to(file)
    assert places.existing([link, file, tmp_path / "none"]) == [file]


@pytest.mark.parametrize("inner", ["lib/security/cacerts", "jre/lib/security/cacerts"])
def test_a_java_home_has_a_trust_store(tmp_path, inner):
    """In one of two places, by its age."""
    store = tmp_path / inner
    store.parent.mkdir(parents=True)
    store.write_bytes(b"")
    assert store in places.java_authorities([tmp_path])


@pytest.fixture
def keytool():
    """The program by which Java reads a trust store; skips where it is not."""
    found = shutil.which("keytool")
    if found is None:
        pytest.skip("Java is not installed")
    return found


@pytest.mark.interop
def test_java_reads_the_trust_store(keytool, tmp_path):
    """With every certificate of the bundle, and a seal that it accepts."""
    bundle = certifi.contents()
    store = tmp_path / "cacerts"
    store.write_bytes(java_trust_store(bundle))
    done = subprocess.run(
        [keytool, "-list", "-keystore", str(store), "-storepass", "changeit"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.count("trustedCertEntry") == bundle.count("BEGIN CERTIFICATE")


def test_the_trust_store_holds_the_certificates_as_they_are():
    """In DER, one after the other."""
    bundle = certifi.contents()
    first = bundle[bundle.index("-----BEGIN") : bundle.index("-----END") + len("-----END CERTIFICATE-----")]
    assert ssl.PEM_cert_to_DER_cert(first) in java_trust_store(bundle)


@pytest.fixture
def proc(tmp_path):
    """A stand-in for /proc, with whatever settings a test gives it."""
    (tmp_path / "self").mkdir()

    def proc(**settings):
        for name, value in settings.items():
            path = tmp_path / "sys" / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{value}\n", encoding="ascii")
        return tmp_path

    return proc


@pytest.mark.parametrize(
    ("settings", "remedy"),
    [
        ({"kernel__unprivileged_userns_clone": 0}, "sysctl kernel.unprivileged_userns_clone=1 allows them"),
        (
            {"kernel__apparmor_restrict_unprivileged_userns": 1},
            "AppArmor forbids them; sysctl kernel.apparmor_restrict_unprivileged_userns=0 allows them",
        ),
        ({"user__max_user_namespaces": 0}, "sysctl user.max_user_namespaces=1000 allows them"),
        (
            {"kernel__unprivileged_userns_clone": 1, "user__max_user_namespaces": 9},
            "a container's seccomp profile has to allow unshare",
        ),
    ],
)
def test_a_refusal_names_what_would_help(proc, settings, remedy):
    """The setting of the kernel, where one forbids it; else whoever filters its calls."""
    said = reason("unshare: Operation not permitted", errno.EPERM, proc(**settings))
    assert said.startswith("the kernel refuses namespaces")
    assert "unshare: Operation not permitted" in said
    assert said.endswith(remedy)


def test_a_kernel_without_namespaces_is_called_so(proc):
    """Nothing helps there."""
    said = reason("unshare: Invalid argument", errno.EINVAL, proc())
    assert said == "the kernel has no namespaces (unshare: Invalid argument)"


def test_without_proc_nobody_can_be_mapped(tmp_path):
    """It is said, since it looks like a missing right."""
    assert "/proc is not mounted" in reason("uid_map: No such file", errno.ENOENT, tmp_path)
