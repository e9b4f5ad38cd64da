"""One call of an API, read from a request: its parameters, its proof, and what follows from them."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property
from typing import Any, Final

from alicred_emulator.gateway.proof import ACS3, BEARER, BEARER_HEADER, Proof, presented
from alicred_emulator.ledger import IssuedCredential
from alicred_emulator.messages import Headers, Request
from alicred_emulator.parameters import parameters_of
from alicred_emulator.ram.access_keys import AccessKey, RsaKeyPair
from alicred_emulator.ram.principal import Principal
from alicred_emulator.world import World

PATH: Final = "/"
"""The one path of an API of this style (documented)."""

Key = AccessKey | IssuedCredential | RsaKeyPair
"""What a call may be signed with."""

_TIMESTAMP: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One action of an API.

    Attributes:
        answer: Returns what a call that is not refused is answered with.
        needs: The parameters that it cannot do without.
        anonymous: Whether something else than a signature proves who calls.
        signed_by_key_pair: Whether it takes the signature of an RSA key pair, and no other.
    """

    answer: "Callable[[Any], Mapping[str, object]]"
    needs: tuple[str, ...] = ()
    anonymous: bool = False
    signed_by_key_pair: bool = False


class Call:
    """A call, judged by nobody yet.

    Args:
        world: The world that it is about.
        request: The request that it came in.
        actions: The actions of the API by name.

    Attributes:
        world: The world that it is about.
        request: The request that it came in.
    """

    def __init__(self, world: World, request: Request, actions: Mapping[str, Action]) -> None:
        self.world: Final = world
        self.request: Final = request
        query, body, parameters = parameters_of(request)
        self.query: Final[Sequence[tuple[str, str]]] = query
        self.parameters: Final[Mapping[str, str]] = parameters
        self.readable: Final = body is not None
        self.action_name: Final = _action(request.headers, self.parameters)
        self.version: Final = self.parameters.get("Version") or request.headers.get("x-acs-version", "")
        self.action: Final = actions.get(self.action_name)

    def __repr__(self) -> str:
        return f"<Call of {self.action_name}>"

    @cached_property
    def request_id(self) -> str:
        """The id by which the answer names it."""
        return self.world.mint.request_id()

    @cached_property
    def proof(self) -> Proof:
        """What it presents to prove who calls."""
        return presented(self.request.headers, self.parameters)

    @property
    def vouched_for(self) -> bool:
        """Whether something else than a key proves who calls, so that a key is not looked at."""
        return self.action is not None and self.action.anonymous

    @cached_property
    def key(self) -> Key | None:
        """The key that it names, whatever its state, or None where there is no such key."""
        key_id, keyring = self.proof.key_id, self.world.accounts.keyring
        return (
            keyring.access_keys.get(key_id) or self.world.ledger.get(key_id) or keyring.key_pairs.get(key_id)
        )

    @property
    def session(self) -> IssuedCredential | None:
        """The temporary credential that it names, if it names one."""
        return self.key if isinstance(self.key, IssuedCredential) else None

    @property
    def known_caller(self) -> Principal | None:
        """Who calls, as far as the proof is to be believed; None if nobody is known by it."""
        if self.proof.style == BEARER:
            return self.world.accounts.keyring.bearer_tokens.get(self.proof.bearer_token)
        return None if self.key is None else self.key.holder

    @property
    def caller(self) -> Principal:
        """Who calls; meaningful once the proof was found good.

        Raises:
            LookupError: If nobody is known by what it presents.
        """
        caller = self.known_caller
        if caller is None:
            raise LookupError("nobody is known by what the call presents")
        return caller

    @cached_property
    def made_at(self) -> datetime | None:
        """Its time stamp, or None where it has none that can be read."""
        text = self.proof.timestamp
        try:
            read = datetime.fromisoformat(text[:-1]) if _TIMESTAMP.fullmatch(text) else None
        except ValueError:
            return None
        return None if read is None else read.replace(tzinfo=timezone.utc)

    @property
    def host(self) -> str:
        """The host that it was addressed to, without scheme and port."""
        return self.request.host_name

    @property
    def answers_in_xml(self) -> bool:
        """Whether the answer is wanted in XML; the documents contradict each other on what is the default."""
        wanted = self.parameters.get("Format", "").upper()
        if wanted:
            return wanted == "XML"
        if self.proof.style == ACS3 or not {"x-acs-action", BEARER_HEADER}.isdisjoint(self.request.headers):
            accepted = self.request.headers.get("accept", "").lower()
            return "xml" in accepted and "json" not in accepted
        return True


def named_action(request: Request) -> str | None:
    """Return the action that a request names, None if it names none; as `Call` reads it."""
    return _action(request.headers, parameters_of(request).both) or None


def _action(headers: Headers, parameters: Mapping[str, str]) -> str:
    return parameters.get("Action") or headers.get("x-acs-action", "")
