"""Who holds keys of an account in another process, and the keys."""

from dataclasses import dataclass
from typing import Any

from alicred_emulator.keys import masked
from alicred_emulator.ram.access_keys import ACTIVE
from alicred_emulator.ram.principal import Principal
from alicred_emulator.remote.resource import Fact, Resource, Switch, principal, segment


class RemoteAccessKey(Resource):
    """What `alicred_emulator.ram.access_keys.AccessKey` is, elsewhere."""

    access_key_id: Fact[str] = Fact("Its id.", str)
    access_key_secret: Fact[str] = Fact("Its secret.", str)
    holder: Fact[Principal] = Fact("For whom it speaks.", principal)
    status: Switch[str] = Switch("``Active`` or ``Inactive``.", str)

    @property
    def exists(self) -> bool:
        """Whether it was not deleted."""
        try:
            _ = self.status
        except LookupError:
            return False
        return True

    def delete(self) -> None:
        """Delete it; whoever signs with it is told that there is no such key."""
        try:
            self._wire.delete(self._path)
        except LookupError:
            # It is gone already, which is no error in one process either.
            return


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RemoteKeyPair:
    """What `alicred_emulator.ram.access_keys.RsaKeyPair` is, elsewhere.

    Attributes:
        public_key_id: The id under which the public key is registered.
        holder: For whom it speaks.
        private_key_pem: The private key, PKCS#8 in PEM.
        public_key_pem: The public key in PEM.
    """

    public_key_id: str
    holder: Principal
    private_key_pem: str
    public_key_pem: str

    def __repr__(self) -> str:
        return f"<RemoteKeyPair {masked(self.public_key_id)} of {self.holder.arn}>"


def key_pair(fields: Any) -> RemoteKeyPair:
    """Read an RSA key pair."""
    parts: dict[str, Any] = {**fields, "holder": principal(fields["holder"])}
    return RemoteKeyPair(**parts)


class RemoteKeyHolder(Resource):
    """Whoever holds keys of an account elsewhere: its root."""

    arn: Fact[str] = Fact("Its ARN.", str)
    principal: Fact[Principal] = Fact("For whom its keys speak.", principal)

    @property
    def access_keys(self) -> tuple[RemoteAccessKey, ...]:
        """Its AccessKey pairs, the inactive ones too, in the order in which they were made."""
        return tuple(self._key(key["access_key_id"]) for key in self._keys())

    def add_access_key(self) -> RemoteAccessKey:
        """Make another AccessKey pair."""
        return self._key(self._wire.post(f"{self._path}/access-keys", {})["access_key_id"])

    def _keys(self) -> list[dict[str, Any]]:
        keys: list[dict[str, Any]] = self._wire.get(self._path)["access_keys"]
        return keys

    def _key(self, access_key_id: str) -> RemoteAccessKey:
        return RemoteAccessKey(self._wire, f"{self._path}/access-keys/{segment(access_key_id)}")


class RemoteUser(RemoteKeyHolder):
    """What `alicred_emulator.ram.users.User` is, elsewhere."""

    name: Fact[str] = Fact("The user's name.", str)
    user_id: Fact[str] = Fact("The 18 digits by which RAM knows it.", str)
    may_assume_roles: Switch[bool] = Switch("Whether its policies allow ``sts:AssumeRole``.", bool)

    @property
    def access_key_id(self) -> str:
        """The id of the first active AccessKey pair.

        Raises:
            LookupError: If it has none.
        """
        return str(self._first_key()["access_key_id"])

    @property
    def access_key_secret(self) -> str:
        """The secret of the first active AccessKey pair.

        Raises:
            LookupError: If it has none.
        """
        return str(self._first_key()["access_key_secret"])

    def add_key_pair(self) -> RemoteKeyPair:
        """Make an RSA key pair."""
        return key_pair(self._wire.post(f"{self._path}/key-pairs", {}))

    def add_bearer_token(self) -> str:
        """Make a bearer token, which speaks for the user until the end of the world."""
        return str(self._wire.post(f"{self._path}/bearer-tokens", {})["bearer_token"])

    def _first_key(self) -> dict[str, Any]:
        for key in self._keys():
            if key["status"] == ACTIVE:
                return key
        raise LookupError("the user has no active access key; call add_access_key()")
