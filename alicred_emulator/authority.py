"""The certificate authority of one emulator, and what its servers show of it.

The rule kept here: the authority's key is made when it is first needed, in this process, and never leaves
it; so that a machine which trusts the certificate for a while trusts nobody else by it. What it certifies
is good whatever the date (a test may live in any year), and names nothing but emulated hosts and the
server's own addresses.
"""

import contextlib
import hashlib
import os
import ssl
import sys
import threading
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from alicred_emulator.hosts import METADATA_ADDRESS, service_of
from alicred_emulator.patching import real_dates

if TYPE_CHECKING:
    import trustme

_KEPT_CONTEXTS: Final = 256
_ALWAYS: Final = ("localhost", "127.0.0.1", "::1", METADATA_ADDRESS)
_IPV4_IN_IPV6: Final = "::ffff:"
_OPEN_FILES: Final = Path("/proc/self/fd")


class CertificateAuthority:
    """Certifies the servers of one emulator. Any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: trustme.CA | None = None
        # As many names as there are regions, and more than anybody asks for in one test.
        self._context = lru_cache(maxsize=_KEPT_CONTEXTS)(self._make_context)

    @property
    def certificate_pem(self) -> bytes:
        """The authority's own certificate, in PEM: what a client has to trust."""
        return self._authority.cert_pem.bytes()

    @property
    def fingerprint(self) -> str:
        """The SHA-1 of that certificate in 40 hex digits, as an OIDC provider registers it."""
        certificate = ssl.PEM_cert_to_DER_cert(self.certificate_pem.decode("ascii"))
        return hashlib.sha1(certificate, usedforsecurity=False).hexdigest()

    def server_context(self, name: str, *own_hosts: str) -> ssl.SSLContext:
        """Return what a server speaks TLS with to one client.

        Args:
            name: The host that the client asks for, empty if it does not say.
            own_hosts: Where the server listens: certified, with loopback, unless a fake stands for the name.

        Returns:
            A context that holds a certificate.
        """
        plain_hosts = (host.removeprefix(_IPV4_IN_IPV6) for host in own_hosts)
        # The system resolves names that no certificate can bear, such as one with an underscore.
        with contextlib.suppress(ValueError):
            if service_of(name) is not None:
                return self._context((name.lower().removesuffix("."),))
        with contextlib.suppress(ValueError):
            return self._context(tuple(dict.fromkeys((*_ALWAYS, *plain_hosts))))
        return self._context(_ALWAYS)

    @property
    def _authority(self) -> "trustme.CA":
        with self._lock:
            if self._made is None:
                self._made = _make_authority()
            return self._made

    def _make_context(self, identities: tuple[str, ...]) -> ssl.SSLContext:
        leaf = self._authority.issue_cert(*identities, organization_name="alicred_emulator")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["http/1.1"])
        # Nobody needs the ticket; but with it goes, at once, the acknowledgement that a client may be waiting
        # for before it sends its request, and would otherwise get 40 ms later.
        context.num_tickets = 1
        _load(context, leaf)
        return context


def _make_authority() -> "trustme.CA":
    with real_dates():
        import trustme  # noqa: PLC0415 - slow to load

        return trustme.CA(path_length=0, organization_name="alicred_emulator")


def _load(context: ssl.SSLContext, leaf: "trustme.LeafCert") -> None:
    """Give a context its certificate and key, which Python can only read from a file."""
    pem = leaf.private_key_and_cert_chain_pem
    # Not every Python has it, on Linux either: it depends on the C library that it was built with.
    if sys.platform == "linux" and hasattr(os, "memfd_create") and _OPEN_FILES.is_dir():
        with open(os.memfd_create("alicred-certificate"), "wb") as file:  # noqa: PTH123 - it has no path
            file.write(pem.bytes())
            file.flush()
            context.load_cert_chain(_OPEN_FILES / str(file.fileno()))
    else:
        with pem.tempfile() as path:
            context.load_cert_chain(path)
