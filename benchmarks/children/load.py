"""A client as light as Python allows: one GET after the other on each of a few connections, for a while.

Arguments: host, port, path, token, number of connections, seconds. Prints answers per second. A server that
closes a connection after its answer is connected to anew, as any client would.
"""

import json
import selectors
import socket
import sys
from time import perf_counter

_HEAD_END = b"\r\n\r\n"


class Asker:
    """One connection with one request under way."""

    def __init__(self, address: tuple[str, int], request: bytes, selector: selectors.BaseSelector) -> None:
        self._address = address
        self._request = request
        self._selector = selector
        self._answer = b""
        self._socket = self._connected()
        self.connections = 1
        self.answers = 0

    def _connected(self) -> socket.socket:
        connection = socket.create_connection(self._address)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(connection, selectors.EVENT_READ, self)
        connection.sendall(self._request)
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
            self._socket.sendall(self._request)


def _length(head: bytes) -> int:
    name, _, value = head.lower().partition(b"content-length:")
    return int(value.split(b"\r\n", 1)[0]) if name != head.lower() else sys.maxsize


def main(*arguments: str) -> None:
    """Ask for the given time, and print the rate."""
    host, port, path, token, connections, seconds = arguments
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}:{port}"]
    lines += [f"X-aliyun-ecs-metadata-token: {token}", f"X-aws-ec2-metadata-token: {token}", "", ""]
    request = "\r\n".join(lines).encode()
    with selectors.DefaultSelector() as selector:
        askers = [Asker((host, int(port)), request, selector) for _ in range(int(connections))]
        began = perf_counter()
        until = began + float(seconds)
        while perf_counter() < until:
            for key, _ in selector.select(1.0):
                key.data.receive()
        took = perf_counter() - began
        for asker in askers:
            asker.close()
    answers = sum(asker.answers for asker in askers)
    made = sum(asker.connections for asker in askers)
    print(json.dumps({"rate": answers / took, "kept": made == len(askers)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
