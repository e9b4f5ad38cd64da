"""The long-lived means of proof: AccessKey pairs, RSA key pairs, bearer tokens, and where all are found."""

from typing import TYPE_CHECKING, Final

from alicred_emulator.keys import KeyMint, masked
from alicred_emulator.ram.principal import Principal
from alicred_emulator.rsa_keys import private_pem, public_pem, rsa_key

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

ACTIVE: Final = "Active"
INACTIVE: Final = "Inactive"


class AccessKey:
    """An AccessKey pair.

    Args:
        access_key_id: Its id.
        access_key_secret: Its secret.
        holder: For whom it speaks.
        keyring: Where it is found as long as it exists.

    Attributes:
        access_key_id: Its id.
        access_key_secret: Its secret.
        holder: For whom it speaks.
    """

    def __init__(
        self, access_key_id: str, access_key_secret: str, holder: Principal, keyring: "Keyring"
    ) -> None:
        self.access_key_id: Final = access_key_id
        self.access_key_secret: Final = access_key_secret
        self.holder: Final = holder
        self._keyring = keyring
        self._status = ACTIVE

    def __repr__(self) -> str:
        return f"<AccessKey {masked(self.access_key_id)} of {self.holder.arn}, {self._status}>"

    @property
    def status(self) -> str:
        """``Active`` or ``Inactive`` (the words of RAM's UpdateAccessKey).

        Raises:
            ValueError: When set to anything else.
        """
        return self._status

    @status.setter
    def status(self, status: str) -> None:
        if status not in {ACTIVE, INACTIVE}:
            raise ValueError(f"an access key's status is {ACTIVE!r} or {INACTIVE!r}, not {status!r}")
        self._status = status

    @property
    def exists(self) -> bool:
        """Whether it was not deleted."""
        return self._keyring.access_keys.get(self.access_key_id) is self

    def delete(self) -> None:
        """Delete it; whoever signs with it is told that there is no such key."""
        self._keyring.access_keys.pop(self.access_key_id, None)


class RsaKeyPair:
    """An RSA key pair of a user, for `GenerateSessionAccessKey`.

    Args:
        public_key_id: The id under which the public key is registered.
        number: Which key pair of the world it is, which decides its key.
        holder: For whom it speaks.

    Attributes:
        public_key_id: The id under which the public key is registered.
        holder: For whom it speaks.
    """

    def __init__(self, public_key_id: str, number: int, holder: Principal) -> None:
        self.public_key_id: Final = public_key_id
        self._number = number
        self.holder: Final = holder

    def __repr__(self) -> str:
        return f"<RsaKeyPair {masked(self.public_key_id)} of {self.holder.arn}>"

    @property
    def private_key_pem(self) -> str:
        """The private key, PKCS#8 in PEM: what a client's `private_key_file` holds."""
        return private_pem(rsa_key("key pair", self._number))

    @property
    def public_key_pem(self) -> str:
        """The public key in PEM."""
        return public_pem(rsa_key("key pair", self._number))

    @property
    def public_key(self) -> "RSAPublicKey":
        """The public key, to verify with."""
        return rsa_key("key pair", self._number).public_key()


class Keyring:
    """Every long-lived key of every account, by what a request names.

    Args:
        mint: Makes the keys.

    Attributes:
        access_keys: The AccessKey pairs by id.
        key_pairs: The RSA key pairs by the id of the public key.
        bearer_tokens: Whom a bearer token speaks for.
    """

    def __init__(self, mint: KeyMint) -> None:
        self._mint = mint
        self.access_keys: Final[dict[str, AccessKey]] = {}
        self.key_pairs: Final[dict[str, RsaKeyPair]] = {}
        self.bearer_tokens: Final[dict[str, Principal]] = {}

    def new_access_key(self, holder: Principal) -> AccessKey:
        """Make an AccessKey pair."""
        key_id, secret = self._mint.user_key()
        key = self.access_keys[key_id] = AccessKey(key_id, secret, holder, self)
        return key

    def new_key_pair(self, holder: Principal) -> RsaKeyPair:
        """Make an RSA key pair."""
        key_id = self._mint.key_pair_id()
        pair = self.key_pairs[key_id] = RsaKeyPair(key_id, len(self.key_pairs), holder)
        return pair

    def new_bearer_token(self, holder: Principal) -> str:
        """Make a bearer token."""
        token = self._mint.bearer_token()
        self.bearer_tokens[token] = holder
        return token
