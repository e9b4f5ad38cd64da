"""One request to a sign-in service: its parameters and its bearer token, judged by nobody yet."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from alicred_emulator.messages import Reply, Request
from alicred_emulator.parameters import content_type, parameters_of
from alicred_emulator.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What can be asked of a sign-in service.

    Attributes:
        path: The path that it is asked for at.
        answer: Returns what a request that is not refused is answered with.
        method: The method that it is asked for with.
        body_type: The type that its body has to be of; empty where no body is read.
        needs: The parameters that it cannot do without.
    """

    path: str
    answer: Callable[[Any], Reply]
    method: str = "POST"
    body_type: str = ""
    needs: tuple[str, ...] = ()


class Call:
    """A request to a sign-in service.

    Args:
        world: The world that it is about.
        request: The request.
        operation: What it asks for.

    Attributes:
        world: The world that it is about.
        request: The request.
        operation: What it asks for.
    """

    def __init__(self, world: World, request: Request, operation: Operation) -> None:
        self.world: Final = world
        self.request: Final = request
        self.operation: Final = operation

    def __repr__(self) -> str:
        return f"<Call of {self.operation.path}>"

    @property
    def readable(self) -> bool:
        """Whether the body is what its type says."""
        return parameters_of(self.request).body is not None

    @property
    def content_type(self) -> str:
        """The type of the body."""
        return content_type(self.request)

    @cached_property
    def parameters(self) -> Mapping[str, str]:
        """Its parameters: those in the body, or in the query where no body is read."""
        said = parameters_of(self.request)
        return said.body or {} if self.operation.body_type else dict(said.query)

    @property
    def needs(self) -> tuple[str, ...]:
        """The parameters that it cannot do without."""
        return self.operation.needs

    @property
    def bearer_token(self) -> str:
        """The token that it presents, empty where it presents none."""
        scheme, _, token = self.request.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""

    @property
    def host(self) -> str:
        """The name of the host that it was sent to, without its port."""
        return self.request.host_name.lower()
