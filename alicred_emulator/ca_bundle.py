"""The file that makes programs trust the fakes: everybody's certificate authorities, and the emulator's.

The rule kept here: it holds nothing secret and everyone may read it, and it is gone when the emulator is,
or at the latest when the process ends that made it; a forked child leaves it to that process.
"""

import os
import tempfile
import threading
import weakref
from pathlib import Path

import certifi

from alicred_emulator.authority import CertificateAuthority
from alicred_emulator.file_modes import FOR_ALL_TO_READ


class CaBundle:
    """A file of certificates in PEM, written when it is first asked for.

    Args:
        authority: Whose certificate it holds beside the public ones.
    """

    def __init__(self, authority: CertificateAuthority) -> None:
        self._authority = authority
        self._lock = threading.Lock()
        self._path: Path | None = None

    @property
    def path(self) -> Path:
        """Where the file is; a new one if it was removed."""
        with self._lock:
            if self._path is None or not self._path.is_file():
                self._path = self._write()
            return self._path

    def remove(self) -> None:
        """Remove the file, if there is one."""
        with self._lock:
            if self._path is not None:
                self._removal()
                self._path = None

    def _write(self) -> Path:
        handle, name = tempfile.mkstemp(prefix="alicred-ca-bundle-", suffix=".pem")
        path = Path(name)
        self._removal = weakref.finalize(self, _remove, path, os.getpid())
        with os.fdopen(handle, "wb") as file:
            file.write(Path(certifi.where()).read_bytes())
            file.write(b"\n# The certificate authority of alicred_emulator, for tests\n")
            file.write(self._authority.certificate_pem)
        path.chmod(FOR_ALL_TO_READ)
        return path


def _remove(path: Path, owner: int) -> None:
    if os.getpid() == owner:
        path.unlink(missing_ok=True)
