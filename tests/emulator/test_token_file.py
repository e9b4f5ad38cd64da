import os
import re
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from alicred_emulator.clock import EmulatorClock
from alicred_emulator.oidc.issuer import OidcIssuer
from alicred_emulator.oidc.projected_volume import ProjectedVolume
from alicred_emulator.oidc.token_file import ProjectedToken
from alicred_emulator.oidc.tokens import IdToken

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
LINKS = pytest.mark.skipif(os.name == "nt", reason="Windows has the layout without links")


class Mint:
    """Issues texts that are told apart, and counts them."""

    def __init__(self) -> None:
        self.lifetimes: list[timedelta] = []

    def __call__(self, lifetime: timedelta) -> str:
        self.lifetimes.append(lifetime)
        return f"token {len(self.lifetimes)}"


@pytest.fixture
def mint() -> Mint:
    """What issues the tokens."""
    return Mint()


@pytest.fixture
def projected(clock: EmulatorClock, mint: Mint) -> Iterator[ProjectedToken]:
    """A token file, removed at the end of the test."""
    projected = ProjectedToken(clock, mint)
    yield projected
    projected.close()


def moved(clock: EmulatorClock, known: Path, **distance: float) -> str:
    """Move the clock, and read a file whose path was known before."""
    clock.shift(**distance)
    return known.read_text(encoding="utf-8")


def test_the_file_is_made_at_its_first_use(
    projected: ProjectedToken, mint: Mint, clock: EmulatorClock
) -> None:
    """Nobody who has no use for it pays for it, however the clock moves."""
    clock.shift(hours=10)
    projected.renew_if_due()
    projected.reset()
    assert mint.lifetimes == []
    assert projected.path.read_text(encoding="utf-8") == "token 1"
    assert mint.lifetimes == [timedelta(hours=1)]


def test_the_issuers_file_holds_a_token_for_sts(clock: EmulatorClock) -> None:
    """The pod's token is the issuer's, signed and good for an hour, with nothing added at its end."""
    issuer = OidcIssuer(clock)
    text = issuer.token_file.read_text(encoding="utf-8")
    token = IdToken.read(text)
    assert token is not None
    assert token.text == text
    assert (token.audiences, token.issuer) == (("sts.aliyuncs.com",), issuer.url)
    assert token.is_signed_by(issuer.jwks())
    assert token.expires_at == NOW + timedelta(hours=1)
    issuer.close()


def test_a_new_url_and_a_reset_renew_the_issuers_file(clock: EmulatorClock) -> None:
    """A token of an issuer that is now reached elsewhere, or of a key that was withdrawn, does not stay."""
    issuer = OidcIssuer(clock)
    former = issuer.token_file.read_bytes()
    issuer.url = "https://127.0.0.1:8443"
    token = IdToken.read(issuer.token_file.read_text(encoding="utf-8"))
    assert token is not None
    assert token.issuer == "https://127.0.0.1:8443"
    issuer.url = "https://127.0.0.1:8443"
    assert issuer.token_file.read_text(encoding="utf-8") == token.text
    issuer.reset()
    assert issuer.token_file.read_bytes() not in {former, token.text.encode()}
    issuer.close()


@LINKS
def test_the_layout_is_that_of_the_kubelet(projected: ProjectedToken, clock: EmulatorClock) -> None:
    """The file is a link into ``..data``, a link to a directory that is named after the emulator's time."""
    path = projected.path
    assert path.name == "token"
    assert path.readlink() == Path("..data/token")
    assert re.fullmatch(r"\.\.2026_01_02_03_04_05\.\w+", (path.parent / "..data").readlink().name)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    for directory in (path.parent, path.parent / "..data"):
        assert stat.S_IMODE(directory.stat().st_mode) == 0o755
    assert len(list(path.parent.iterdir())) == 3


@LINKS
def test_modes_do_not_depend_on_the_umask(clock: EmulatorClock, mint: Mint) -> None:
    """Every program of the pod may read the token, whatever the emulator's process hides by default."""
    before = os.umask(0o077)
    try:
        projected = ProjectedToken(clock, mint)
        path = projected.path
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert stat.S_IMODE((path.parent / "..data").stat().st_mode) == 0o755
    projected.close()


@LINKS
def test_renewal_replaces_the_directory_behind_the_links(projected: ProjectedToken) -> None:
    """The file's own link stays, and ``..data`` points to a new directory."""
    path = projected.path
    file_link, former = path.lstat().st_ino, (path.parent / "..data").readlink().name
    projected.renew()
    assert path.read_text(encoding="utf-8") == "token 2"
    assert path.lstat().st_ino == file_link
    assert (path.parent / "..data").readlink().name != former


@LINKS
def test_what_was_replaced_is_removed_at_the_next_renewal(projected: ProjectedToken) -> None:
    """A reader in the middle of the links finds what they led to; older directories are gone."""
    path = projected.path
    followed = path.resolve()
    projected.renew()
    assert followed.read_text(encoding="utf-8") == "token 1"
    projected.renew()
    assert not followed.parent.exists()
    projected.renew()
    assert len(list(path.parent.iterdir())) == 4


def test_without_links_the_file_itself_is_replaced() -> None:
    """Where links cannot be had, the file stands alone in its directory."""
    volume = ProjectedVolume("token", with_links=False)
    for content in (b"first", b"second"):
        volume.write(content, NOW)
        assert volume.path.read_bytes() == content
        assert not volume.path.is_symlink()
        assert list(volume.path.parent.iterdir()) == [volume.path]
    volume.remove()
    assert not volume.path.parent.exists()


@pytest.mark.parametrize("with_links", [pytest.param(True, marks=LINKS), False])
def test_a_reader_never_sees_half_a_file(with_links: bool) -> None:
    """Whoever reads while it is rewritten finds one whole content or the other."""
    volume = ProjectedVolume("token", with_links=with_links)
    contents = (b"a" * 200_000, b"b" * 200_000)
    volume.write(contents[0], NOW)
    seen: set[bytes] = set()
    has_read, finished = threading.Event(), threading.Event()

    def read() -> None:
        while not finished.is_set():
            seen.add(volume.path.read_bytes())
            has_read.set()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    for turn in range(50):
        volume.write(contents[turn % 2], NOW)
        # The read that is under way, and a whole one: each read meets one writing at most.
        for _ in range(2):
            has_read.clear()
            assert has_read.wait(10)
    finished.set()
    reader.join()
    volume.remove()
    assert seen == set(contents)


def test_it_is_renewed_at_four_fifths_of_its_life(projected: ProjectedToken, clock: EmulatorClock) -> None:
    """The kubelet's rule: after 48 minutes of an hour, and no second before; the clock's move does it."""
    path = projected.path
    assert moved(clock, path, minutes=47, seconds=59) == "token 1"
    assert moved(clock, path, seconds=1) == "token 2"
    assert moved(clock, path, minutes=47, seconds=59) == "token 2"
    assert moved(clock, path, seconds=1) == "token 3"


def test_one_long_move_renews_once(projected: ProjectedToken, mint: Mint, clock: EmulatorClock) -> None:
    """Days that were skipped leave one new token, which is good at the end of them."""
    path = projected.path
    assert moved(clock, path, days=3) == "token 2"
    assert len(mint.lifetimes) == 2


def test_a_long_token_is_renewed_after_a_day(projected: ProjectedToken, clock: EmulatorClock) -> None:
    """The kubelet's other rule: no token is used for more than 24 hours."""
    projected.lifetime = timedelta(days=7)
    path = projected.path
    assert moved(clock, path, hours=23, minutes=59) == "token 1"
    assert moved(clock, path, minutes=1) == "token 2"


def test_a_clock_that_is_set_back_renews_it(projected: ProjectedToken, clock: EmulatorClock) -> None:
    """A token of the future is one that nobody accepts."""
    path = projected.path
    assert moved(clock, path, seconds=-1) == "token 2"


def test_a_token_is_issued_at_a_whole_second(projected: ProjectedToken, clock: EmulatorClock) -> None:
    """A clock that is set back within the second of the issue, as by standing still, renews nothing."""
    clock.shift(0.9)
    path = projected.path
    assert moved(clock, path, seconds=-0.9) == "token 1"


def test_a_running_clock_leaves_it_to_those_who_ask(mint: Mint, monkeypatch: pytest.MonkeyPatch) -> None:
    """While time passes by itself, `renew_if_due` and the path renew it, and nothing else does."""
    clock = EmulatorClock()
    real = clock.now()
    projected = ProjectedToken(clock, mint)
    path = projected.path
    monkeypatch.setattr(clock, "now", lambda: real + timedelta(minutes=49))
    assert path.read_text(encoding="utf-8") == "token 1"
    projected.renew_if_due()
    projected.renew_if_due()
    assert path.read_text(encoding="utf-8") == "token 2"
    monkeypatch.setattr(clock, "now", lambda: real + timedelta(minutes=98))
    assert projected.path.read_text(encoding="utf-8") == "token 3"
    projected.close()


def test_its_lifetime_can_be_set(projected: ProjectedToken, mint: Mint, clock: EmulatorClock) -> None:
    """A new lifetime holds from the next use on; a reset returns to an hour."""
    path = projected.path
    projected.lifetime = timedelta(minutes=10)
    assert projected.path == path
    assert moved(clock, path, minutes=7, seconds=59) == "token 2"
    assert moved(clock, path, seconds=1) == "token 3"
    assert (mint.lifetimes[1:], projected.lifetime) == ([timedelta(minutes=10)] * 2, timedelta(minutes=10))
    projected.reset()
    assert projected.lifetime == timedelta(hours=1)


@pytest.mark.parametrize("lifetime", [timedelta(0), timedelta(seconds=-1), timedelta(seconds=1.5)])
def test_a_lifetime_is_whole_seconds(projected: ProjectedToken, lifetime: timedelta) -> None:
    """A lifetime that no token has is refused where it is set."""
    with pytest.raises(ValueError, match="timedelta of whole seconds"):
        projected.lifetime = lifetime


@pytest.mark.parametrize("content", ["", "  not a token\r\n", b"\xff\x00", "x" * 300_000])
def test_a_test_may_write_what_it_likes(
    projected: ProjectedToken, clock: EmulatorClock, content: str | bytes
) -> None:
    """What was written stays as it is, at the same path, whatever the clock does, until a renewal."""
    path = projected.path
    projected.write(content)
    clock.shift(days=2)
    clock.move_to("2001-01-01T00:00:00Z")
    projected.renew_if_due()
    written = content if isinstance(content, bytes) else content.encode()
    assert projected.path.read_bytes() == path.read_bytes() == written
    projected.renew()
    assert path.read_text(encoding="utf-8") == "token 2"
    assert moved(clock, path, hours=1) == "token 3"


def test_what_was_written_is_forgotten_by_a_reset(projected: ProjectedToken) -> None:
    """The next test finds a token, at the path that it knows."""
    projected.write("nonsense")
    path = projected.path
    projected.reset()
    assert projected.path == path
    assert path.read_text(encoding="utf-8") == "token 1"


def test_after_a_reset_moves_of_the_clock_cost_nothing(
    projected: ProjectedToken, mint: Mint, clock: EmulatorClock
) -> None:
    """A token that nobody uses any more is not renewed; whoever watches a known file renews it by hand."""
    path = projected.path
    projected.reset()
    assert moved(clock, path, hours=5) == "token 1"
    projected.renew_if_due()
    assert path.read_text(encoding="utf-8") == "token 2"
    assert moved(clock, path, hours=5) == "token 3"


def test_closing_removes_the_directory(projected: ProjectedToken, mint: Mint, clock: EmulatorClock) -> None:
    """Nothing is left behind, the clock tells it nothing more, and a later use makes another file."""
    path = projected.path
    projected.close()
    projected.close()
    assert not path.parent.exists()
    clock.shift(hours=5)
    projected.renew_if_due()
    assert len(mint.lifetimes) == 1
    assert projected.path != path
    assert projected.path.read_text(encoding="utf-8") == "token 2"


def test_the_end_of_the_process_removes_the_directory(tmp_path: Path) -> None:
    """Whoever forgets to close it leaves nothing behind either, and hears no complaint."""
    program = (
        "from alicred_emulator.clock import EmulatorClock\n"
        "from alicred_emulator.oidc.token_file import ProjectedToken\n"
        "projected = ProjectedToken(EmulatorClock(), lambda lifetime: 'token')\n"
        "print(projected.path, end='')\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert done.stdout.endswith("token")
    assert not Path(done.stdout).parent.exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_has_a_file_of_its_own() -> None:
    """A child neither rewrites nor removes what its parent made, by whatever way it ends."""
    program = (
        "import os\n"
        "from alicred_emulator.clock import EmulatorClock\n"
        "from alicred_emulator.oidc.token_file import ProjectedToken\n"
        "clock = EmulatorClock()\n"
        "projected = ProjectedToken(clock, lambda lifetime: f'token of {os.getpid()}')\n"
        "path = projected.path\n"
        "if os.fork() == 0:\n"
        "    clock.shift(hours=5)\n"
        "    projected.renew_if_due()\n"
        "    assert path.read_text() == f'token of {os.getppid()}'\n"
        "    assert projected.path != path\n"
        "    assert projected.path.read_text() == f'token of {os.getpid()}'\n"
        "    print(projected.path, flush=True)\n"
        "    raise SystemExit(0)\n"
        "assert os.wait()[1] == 0\n"
        "assert path.read_text() == f'token of {os.getpid()}'\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert not Path(done.stdout.strip()).exists()
    assert "token" in done.stdout


def test_threads_agree_on_one_file(clock: EmulatorClock, mint: Mint) -> None:
    """However many ask first, there is one file with one token."""
    projected = ProjectedToken(clock, mint)
    paths: list[Path] = []
    threads = [threading.Thread(target=lambda: paths.append(projected.path)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(paths)) == len(mint.lifetimes) == 1
    projected.close()
