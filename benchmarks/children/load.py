"""A client as light as Python allows: one request after the other on each of a few connections, for a while.

Arguments: host, port, the request as it goes over the wire, number of connections, seconds. Prints answers
per second. A server that closes a connection after its answer is connected to anew, as any client would. An
answer other than a 200 ends it.
"""

import json
import selectors
import socket
import sys
from collections.abc import Iterator
from itertools import repeat
from time import perf_counter

_HEAD_END = b"\r\n\r\n"


class Asker:
    """One connection with one request under way."""

    def __init__(
        self, address: tuple[str, int], requests: Iterator[bytes], selector: selectors.BaseSelector
    ) -> None:
        self._address = address
        self._requests = requests
        self._selector = selector
        self._answer = b""
        self._socket = self._connected()
        self.connections = 1
        self.answers = 0

    def _connected(self) -> socket.socket:
        connection = socket.create_connection(self._address)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(connection, selectors.EVENT_READ, self)
        connection.sendall(next(self._requests))
        return connection

    def close(self) -> None:
        """Close the connection."""
        self._selector.unregister(self._socket)
        self._socket.close()

    def receive(self) -> None:
        """Read what has come, and ask again once the answer is whole."""
        piece = self._socket.recv(65536)
        self._answer += piece
        head, blank, body = self._answer.partition(_HEAD_END)
        if not piece and not blank:
            raise ConnectionError("the server closed the connection without an answer")
        if not blank or (piece and len(body) < _length(head)):
            return
        if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.0 200")):
            raise ConnectionError(head.decode("latin-1").partition("\r\n")[0])
        self.answers += 1
        self._answer = b""
        if not piece or b"connection: close" in head.lower():
            self.close()
            self._socket = self._connected()
            self.connections += 1
        else:
            self._socket.sendall(next(self._requests))


def _length(head: bytes) -> int:
    name, _, value = head.lower().partition(b"content-length:")
    return int(value.split(b"\r\n", 1)[0]) if name != head.lower() else sys.maxsize


def load(
    address: tuple[str, int], requests: Iterator[bytes], connections: int, seconds: float
) -> dict[str, object]:
    """Ask a server for a while.

    Args:
        address: Its host and port.
        requests: What to ask; all connections take from it.
        connections: How many connections.
        seconds: For how long.

    Returns:
        Answers per second, and whether the server kept the connections.
    """
    with selectors.DefaultSelector() as selector:
        askers = [Asker(address, requests, selector) for _ in range(connections)]
        began = perf_counter()
        until = began + seconds
        while perf_counter() < until:
            for key, _ in selector.select(1.0):
                key.data.receive()
        took = perf_counter() - began
        for asker in askers:
            asker.close()
    answers = sum(asker.answers for asker in askers)
    made = sum(asker.connections for asker in askers)
    return {"rate": answers / took, "kept": made == len(askers)}


def main(host: str, port: str, request: str, connections: str, seconds: str) -> None:
    """Ask the same again and again, and print the rate."""
    requests = repeat(request.encode())
    print(json.dumps(load((host, int(port)), requests, int(connections), float(seconds))))


if __name__ == "__main__":
    main(*sys.argv[1:])
