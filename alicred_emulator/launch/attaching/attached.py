"""The fakes of an emulator that runs already, in another process of this machine.

The rule kept here: what the program meets is that emulator's, with its journal, faults and clock, and nothing
stands in between. Sockets that were bound in the program's sandbox are handed over to it.
"""

import select
import socket
from collections.abc import Collection, Generator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from pathlib import Path

from alicred_emulator.launch.channel import Channel
from alicred_emulator.launch.errors import AttachError
from alicred_emulator.launch.fakes import ATTACH, CONTROL, PROXY, Fakes
from alicred_emulator.remote import RemoteEmulator
from alicred_emulator.remote.wire import HOW_TO_START, EmulatorUnreachableError, facts_in


@contextmanager
def attached(ready_file: Path) -> Generator[Fakes, None, None]:
    """Yield the fakes of a running emulator.

    Args:
        ready_file: What that emulator has written.

    Raises:
        AttachError: There is no emulator there.
    """
    try:
        facts = facts_in(ready_file)
    except (EmulatorUnreachableError, ValueError) as error:
        raise AttachError(str(error)) from error
    try:
        remote = RemoteEmulator(facts[CONTROL])
    except ValueError as error:
        raise AttachError(f"{ready_file}: {error}; {HOW_TO_START}") from error
    with remote, _line_to(facts.get(ATTACH)) as line:
        try:
            yield Fakes(
                control=facts[CONTROL],
                ports={name: service.port for name, service in remote.services.items()},
                region=str(remote.instance.metadata["region-id"]),
                ca_certificate=lambda: remote.ca_certificate,
                ca_bundle=lambda: remote.ca_bundle,
                env=remote.env,
                adopt=lambda service, sockets: _hand_over(line, service, sockets),
                proxied=lambda allow: _proxied(facts.get(PROXY), allow),
                watch=lambda: _watch(line),
            )
        except EmulatorUnreachableError as unreachable:
            # It may end at any time, also while something is asked of it later.
            raise AttachError(str(unreachable)) from unreachable


def _line_to(place: str | None) -> AbstractContextManager[Channel | None]:
    if place is None:
        return nullcontext()
    try:
        return closing(Channel.to(Path(place)))
    except OSError as error:
        raise AttachError(f"no emulator listens at {place}: {error.strerror}; {HOW_TO_START}") from error


def _hand_over(line: Channel | None, service: str, sockets: Collection[socket.socket]) -> None:
    try:
        if line is None:
            raise AttachError("that emulator takes no sockets over; choose --isolation proxy")
        line.send({"adopt": service}, list(sockets))
        answer = line.receive()
    except OSError:
        answer = None
    finally:
        for sock in sockets:
            sock.close()
    if answer is None:
        raise AttachError("the emulator has ended, or cannot take more sockets over")


def _proxied(url: str | None, allow: Collection[str]) -> AbstractContextManager[str]:
    if url is None:
        raise AttachError("that emulator is no proxy; choose --isolation env")
    if allow:
        raise AttachError("the proxy of an emulator that runs already lets no further host pass: no --allow")
    return nullcontext(url)


def _watch(line: Channel | None) -> None:
    # It says nothing by itself, so there is something to read only at its end.
    if line is not None and select.select([line], [], [], 0)[0]:
        raise AttachError("the emulator has ended, and so does the program")
