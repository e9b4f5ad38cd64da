import contextlib
import multiprocessing
import os
import socket
import struct
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from freezegun import freeze_time
from pytest_httpserver import HTTPServerError

from alicred_emulator import listener
from alicred_emulator.clock import EmulatorClock
from alicred_emulator.connection import Connection
from alicred_emulator.crew import Crew
from alicred_emulator.emulator import Emulator
from alicred_emulator.faults import Fault
from alicred_emulator.listener import PortUnavailableError
from alicred_emulator.messages import Reply, document

LISTING = b"GET /latest/meta-data/ram/security-credentials/ HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def connect() -> Iterator[Callable[[Emulator], socket.socket]]:
    """Open raw connections to the metadata service, closed at the end."""
    with contextlib.ExitStack() as stack:

        def connect(world: Emulator) -> socket.socket:
            sock = socket.create_connection(("127.0.0.1", world.imds.port), timeout=10)
            return stack.enter_context(sock)

        yield connect


def read_answer(sock: socket.socket) -> tuple[bytes, bytes]:
    """Read one answer by its length; return head and body."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = sock.recv(65536)
        assert piece, received
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(
        int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    while len(body) < length:
        body += sock.recv(65536)
    return head, body


def read_end(sock: socket.socket) -> bytes:
    """Read until the server hangs up, politely or not."""
    received = b""
    with contextlib.suppress(ConnectionError):
        while piece := sock.recv(65536):
            received += piece
    return received


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until something is true, not for long."""
    for _ in range(10_000):
        if condition():
            return
        threading.Event().wait(0.001)
    pytest.fail("it never became true")


def open_files() -> list[str]:
    """Return what descriptors this process has open."""
    found = []
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found.append(str(link.readlink()))
    # The listing itself holds a descriptor of the directory.
    return sorted(name for name in found if not name.startswith("/proc/"))


class TestLife:
    """Start and stop."""

    @pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
    def test_stop_leaves_no_thread_and_no_socket(self, connect: Any) -> None:
        """After a stop there is no thread or descriptor that is new, whatever clients were doing."""
        threads, files = set(threading.enumerate()), open_files()
        world = Emulator()
        world.start()
        idle, waiting, halfway = (connect(world) for _ in range(3))
        idle.sendall(LISTING)
        read_answer(idle)
        world.imds.faults.add("imds_silent")
        waiting.sendall(LISTING)
        halfway.sendall(LISTING[:20])
        eventually(lambda: world.imds.journal.count("RoleName") == 2)
        world.stop()
        world.journal.assert_requests(["RoleName", "RoleName"])
        for sock in (idle, waiting, halfway):
            assert read_end(sock) == b""
            sock.close()
        assert set(threading.enumerate()) <= threads
        assert open_files() == files

    def test_stop_interrupts_a_delay(self, connect: Any) -> None:
        """A delayed answer does not delay the stop, is never sent, and leaves no thread waiting."""
        threads = set(threading.enumerate())
        world = Emulator()
        world.start()
        world.imds.faults.add(Fault.delay(3600))
        sock = connect(world)
        sock.sendall(LISTING)
        eventually(lambda: len(world.journal) > 0)
        world.stop()
        assert read_end(sock) == b""
        assert set(threading.enumerate()) <= threads

    def test_it_can_start_again(self, clock: EmulatorClock, connect: Any) -> None:
        """A stopped emulator starts anew; starting twice is an error, stopping twice is none."""
        world = Emulator(clock=clock)
        for _ in range(3):
            world.start()
            assert world.imds.is_running()
            with pytest.raises(HTTPServerError, match="imds is running already"):
                world.imds.start()
            sock = connect(world)
            sock.sendall(LISTING)
            assert read_answer(sock)[1] == b"demo-role"
            world.stop()
            world.stop()
            assert not world.imds.is_running()

    def test_a_taken_port_is_an_error_at_once(self) -> None:
        """The error names host and port, and the services started before it are stopped again."""
        threads = set(threading.enumerate())
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            world = Emulator(ports={"credentials_uri": port})
            with pytest.raises(PortUnavailableError, match=f"127.0.0.1 port {port}: it is in use") as error:
                world.start()
        assert (error.value.host, error.value.port) == ("127.0.0.1", port)
        assert not world.imds.is_running()
        assert set(threading.enumerate()) <= threads

    def test_an_address_that_is_not_here_is_an_error(self) -> None:
        """An address of another machine cannot be bound, and the error says so."""
        with pytest.raises(PortUnavailableError, match=r"192\.0\.2\.1"):
            Emulator(host="192.0.2.1").start()

    def test_a_reset_starts_what_a_test_stopped(self, world: Emulator, connect: Any) -> None:
        """A service that was stopped by itself listens on its former port again after a reset."""
        port = world.imds.port
        world.imds.stop()
        world.reset()
        assert (world.imds.is_running(), world.imds.port) == (True, port)
        sock = connect(world)
        sock.sendall(LISTING)
        assert read_answer(sock)[1] == b"demo-role"

    def test_a_reset_starts_nothing_that_was_not_running(self) -> None:
        """An emulator that was never started, or was stopped as a whole, stays so."""
        world = Emulator()
        world.reset()
        assert not world.imds.is_running()
        world.start()
        world.stop()
        world.reset()
        assert not world.imds.is_running()

    def test_nowhere_is_not_everywhere(self) -> None:
        """An empty address, which a socket takes for every one there is, is refused."""
        with pytest.raises(PortUnavailableError, match="the address is empty"):
            Emulator(host="").start()

    @pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
    @pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs fork and /proc")
    def test_a_forked_child_does_not_serve(self, world: Emulator, connect: Any) -> None:
        """The child lets go of the sockets; the parent goes on, on the same connection too."""
        sock = connect(world)
        sock.sendall(LISTING)
        read_answer(sock)
        context = multiprocessing.get_context("fork")
        receiver, sender = context.Pipe(duplex=False)

        def selectors() -> int:
            return sum("eventpoll" in name for name in open_files())

        def child() -> None:
            world.reset()
            world.stop()
            sender.send((world.imds.is_running(), selectors()))

        process = context.Process(target=child)
        process.start()
        running, left = receiver.recv()
        assert not running
        # Event loops of other tests' may be among them.
        assert selectors() - left >= len(world.services)
        process.join()
        receiver.close()
        sender.close()
        assert world.imds.is_running()
        sock.sendall(LISTING)
        assert read_answer(sock)[1] == b"demo-role"


class TestConnections:
    """Keeping and closing connections."""

    def test_a_connection_is_kept(self, world: Emulator, connect: Any) -> None:
        """HTTP/1.1 requests follow each other on one connection."""
        sock = connect(world)
        for _ in range(5):
            sock.sendall(LISTING)
            head, body = read_answer(sock)
            assert head.startswith(b"HTTP/1.1 200 OK\r\n")
            assert body == b"demo-role"
        assert len(world.journal) == 5

    @pytest.mark.parametrize(
        ("version", "option", "kept"),
        [("1.1", "", True), ("1.1", "close", False), ("1.0", "", False), ("1.0", "keep-alive", True)],
    )
    def test_the_client_decides_whether_it_is_kept(
        self, world: Emulator, connect: Any, version: str, option: str, kept: bool
    ) -> None:
        """Version and Connection field say whether another request may come, and the answer agrees."""
        sock = connect(world)
        connection = f"Connection: {option}\r\n" if option else ""
        sock.sendall(f"GET / HTTP/{version}\r\n{connection}\r\n".encode())
        head, _ = read_answer(sock)
        assert (b"Connection: close" in head) is not kept
        assert (b"Connection: keep-alive" in head) is (kept and version == "1.0")
        if not kept:
            assert sock.recv(1) == b""

    @pytest.mark.parametrize("path", ["/latest/api/token", "/nonsense", "/latest/user-data"])
    def test_bodies_are_drained(self, world: Emulator, connect: Any, path: str) -> None:
        """A body, wanted or not, on errors too, never becomes the next request."""
        sock = connect(world)
        body = b"GET /evil HTTP/1.1\r\n\r\n"
        sock.sendall(f"POST {path} HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        read_answer(sock)
        chunk = f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
        sock.sendall(f"POST {path} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n".encode() + chunk)
        read_answer(sock)
        sock.sendall(LISTING)
        assert read_answer(sock)[1] == b"demo-role"
        assert [entry.method for entry in world.journal] == ["POST", "POST", "GET"]

    def test_a_head_has_no_body(self, world: Emulator, connect: Any) -> None:
        """HEAD gets the length but no body, so that the next answer is not mistaken."""
        sock = connect(world)
        sock.sendall(b"HEAD / HTTP/1.1\r\n\r\n" + LISTING)
        received = b""
        while not received.endswith(b"demo-role"):
            received += sock.recv(65536)
        assert received.count(b"HTTP/1.1 ") == 2
        assert b"<html" not in received

    def test_one_silent_client_stalls_nobody(self, world: Emulator, connect: Any) -> None:
        """Each connection has its own thread."""
        connect(world)
        connect(world).sendall(b"GET / HT")
        sock = connect(world)
        sock.sendall(LISTING)
        assert read_answer(sock)[1] == b"demo-role"

    def test_connections_can_be_closed_between_tests(self, world: Emulator, connect: Any) -> None:
        """A reset ends every connection; new ones are served."""
        sock = connect(world)
        sock.sendall(LISTING)
        read_answer(sock)
        world.reset()
        assert read_end(sock) == b""
        sock = connect(world)
        sock.sendall(LISTING)
        assert read_answer(sock)[1] == b"demo-role"

    def test_a_reset_interrupts_a_delay(self, world: Emulator, connect: Any) -> None:
        """An answer of the last test does not come in the next."""
        world.faults.add("imds_silent")
        sock = connect(world)
        sock.sendall(LISTING)
        eventually(lambda: len(world.journal) > 0)
        world.reset()
        assert read_end(sock) == b""

    def test_hung_handlers_are_given_up_together_and_once(
        self, world: Emulator, connect: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """However many handlers hang, one wait is for all of them, and the next is for none of these."""
        waits: list[float | None] = []
        wait_for = threading.Condition.wait_for

        def noted(condition: threading.Condition, predicate: Any, timeout: float | None = None) -> bool:
            waits.append(timeout)
            return wait_for(condition, predicate, 0)

        join = threading.Thread.join

        def joined(thread: threading.Thread, timeout: float | None = None) -> None:
            waits.append(timeout)
            join(thread, timeout)

        go_on, hung = threading.Event(), threading.Semaphore(0)

        def hang(_request: Any) -> str:
            hung.release()
            go_on.wait()
            return ""

        world.imds.expect_request("/hang").respond_with_handler(hang)
        threads = [thread for thread in threading.enumerate() if thread.name == "alicred-imds"]
        for _ in range(3):
            connect(world).sendall(b"GET /hang HTTP/1.1\r\n\r\n")
            hung.acquire()
        with monkeypatch.context() as patch:
            patch.setattr(threading.Condition, "wait_for", noted)
            patch.setattr(threading.Thread, "join", joined)
            world.imds.close_connections()
            world.imds.close_connections()
        assert waits == [listener._JOIN_SECONDS]
        go_on.set()
        for thread in set(threading.enumerate()) - set(threads):
            if thread.name == "alicred-imds":
                thread.join(10)

    def test_a_reset_waits_for_the_threads_of_connections(self, world: Emulator, connect: Any) -> None:
        """After a reset no connection of before has a thread that could still write anything down."""
        threads = set(threading.enumerate())
        world.imds.faults.add("imds_silent")
        for _ in range(20):
            connect(world).sendall(LISTING)
        eventually(lambda: len(world.imds.journal) == 20)
        world.reset()
        assert set(threading.enumerate()) <= threads

    @pytest.mark.parametrize("fails", [False, True])
    def test_a_straggler_leaves_no_trace_in_the_next_test(
        self, world: Emulator, connect: Any, monkeypatch: pytest.MonkeyPatch, fails: bool
    ) -> None:
        """An answer that was begun before a reset adds neither entry nor error nor log after it."""
        monkeypatch.setattr(listener, "_JOIN_SECONDS", 0)
        go_on, hung, threads = threading.Event(), threading.Event(), list[threading.Thread]()

        def hang(_request: Any) -> str:
            threads.append(threading.current_thread())
            hung.set()
            go_on.wait()
            if fails:
                raise AssertionError("of the test before")
            return ""

        world.imds.expect_request("/hang").respond_with_handler(hang)
        # It keeps the thread busy that stays, so that the next one is served by a thread that ends.
        sock = connect(world)
        sock.sendall(LISTING)
        read_answer(sock)
        connect(world).sendall(b"GET /hang HTTP/1.1\r\n\r\n")
        hung.wait()
        world.reset()
        go_on.set()
        threads[0].join()
        assert (len(world.journal), world.imds.log) == (0, [])
        world.imds.check()

    def test_the_idlest_goes_first(
        self, world: Emulator, connect: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Above the limit the longest idle connection is closed, not one in the middle of a request."""
        monkeypatch.setattr(listener, "MOST_CONNECTIONS", 3)
        connections = world.imds._listener._connections
        halfway, older, newer = socks = [connect(world) for _ in range(3)]
        for position, sock in enumerate(socks):
            sock.sendall(LISTING)
            read_answer(sock)
            # The client has its answer before the server's thread has gone back to waiting.
            eventually(lambda position=position: not list(connections)[position].busy)
        halfway.sendall(LISTING[:10])
        eventually(lambda: [connection.busy for connection in connections] == [True, False, False])
        fourth = connect(world)
        assert read_end(older) == b""
        fourth.sendall(LISTING)
        read_answer(fourth)
        newer.sendall(LISTING)
        read_answer(newer)
        halfway.sendall(LISTING[10:])
        assert read_answer(halfway)[1] == b"demo-role"

    def test_a_default_timeout_of_the_process_is_not_ours(self, connect: Any) -> None:
        """A test that sets a default time-out for its sockets does not end the server's connections."""
        before = socket.getdefaulttimeout()
        socket.setdefaulttimeout(0)
        try:
            with Emulator() as world:
                sock = connect(world)
                sock.sendall(LISTING)
                read_answer(sock)
                sock.sendall(LISTING)
                assert read_answer(sock)[1] == b"demo-role"
        finally:
            socket.setdefaulttimeout(before)


class TestScarcity:
    """When the machine runs out of something."""

    @pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs POSIX limits")
    def test_without_descriptors_the_idlest_makes_room(self, world: Emulator, connect: Any) -> None:
        """A server that cannot accept closes an idle connection and serves the new client."""
        import resource

        idle = connect(world)
        idle.sendall(LISTING)
        read_answer(idle)
        late = socket.socket()
        late.settimeout(10)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        spare = os.dup(0)
        resource.setrlimit(resource.RLIMIT_NOFILE, (spare + 1, hard))
        taken = [spare]
        try:
            with contextlib.suppress(OSError):
                while True:
                    taken.append(os.dup(0))
            late.connect(("127.0.0.1", world.imds.port))
            late.sendall(LISTING)
            assert read_answer(late)[1] == b"demo-role"
            assert read_end(idle) == b""
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            for descriptor in taken:
                os.close(descriptor)
            late.close()

    def test_who_is_gone_before_being_served_is_nobodys_concern(self, world: Emulator, connect: Any) -> None:
        """Neither a caller that another listener has taken nor one that has hung up ends the listening."""
        listening = world.imds._listener
        assert listening is not None
        with socket.create_server(("127.0.0.1", 0)) as nobody_calls, socket.socket() as gone:
            nobody_calls.setblocking(False)
            listening._accept_one(nobody_calls)
            gone.close()
            listening._begin(gone)
        sock = connect(world)
        sock.sendall(LISTING)
        assert read_answer(sock)[1] == b"demo-role"

    def test_a_caller_that_hangs_up_early_costs_nobody_a_connection(
        self, world: Emulator, connect: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Some systems tell of one that was gone before it was accepted: that is no lack of descriptors."""
        listening = world.imds._listener
        assert listening is not None
        monkeypatch.setattr(listening, "_end_idlest", lambda _: pytest.fail("a connection was ended"))
        with socket.socket() as nobody_calls:
            for gone in (ConnectionAbortedError, ConnectionResetError):
                with monkeypatch.context() as patch:
                    patch.setattr(socket.socket, "accept", Mock(side_effect=gone))
                    listening._accept_one(nobody_calls)

    def test_a_crew_whose_thread_serves_is_dismissed_without_waiting_for_it(self) -> None:
        """It may be the one that asks; it leaves once it has served."""
        crew = Crew("crew", lambda _: None, lambda _: None)
        crew._waits = False
        crew.dismiss()
        crew._staying.join(10)
        assert not crew._staying.is_alive()

    def test_threads_that_leave_while_others_are_waited_for_are_entered_in_their_turn(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A set that grows while it is walked is an error, and would be one of whoever resets."""
        alone: list[bool] = []
        crew = Crew("crew", lambda _: None, lambda _: None)

        class Watched(weakref.WeakSet[threading.Thread]):
            def __iter__(self) -> Iterator[threading.Thread]:
                alone.append(crew._lock.locked())
                return super().__iter__()

            def add(self, item: threading.Thread) -> None:
                alone.append(crew._lock.locked())
                super().add(item)

        monkeypatch.setattr(crew, "_leaving", Watched())
        crew._help(Mock(spec=Connection))
        crew.dismiss()
        assert alone == [True, True]

    def test_one_connection_after_the_other_takes_no_new_thread(
        self, world: Emulator, connect: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A thread waits for the next one: to start a thread takes longer than most answers."""
        started: list[threading.Thread] = []
        monkeypatch.setattr(threading.Thread, "start", started.append)
        for _ in range(3):
            assert world.imds._listener is not None
            crew = world.imds._listener._crew
            eventually(lambda crew=crew: crew._waits)
            sock = connect(world)
            sock.sendall(LISTING)
            assert read_answer(sock)[1] == b"demo-role"
            sock.close()
        assert started == []

    def test_without_threads_the_client_is_turned_away(
        self, world: Emulator, connect: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A server that cannot start a thread closes the connection and goes on listening."""
        # The thread that waits for a connection has one.
        sock = connect(world)
        sock.sendall(LISTING)
        read_answer(sock)
        with monkeypatch.context() as patch:

            def start(_thread: threading.Thread) -> None:
                raise RuntimeError("can't start new thread")

            patch.setattr(threading.Thread, "start", start)
            assert read_end(connect(world)) == b""
        sock = connect(world)
        sock.sendall(LISTING)
        assert read_answer(sock)[1] == b"demo-role"

    def test_a_stop_need_not_wake_who_has_just_accepted(self) -> None:
        """The thread that accepts is gone before it is woken, and stopping is over all the same."""
        listening = listener.Listener("127.0.0.1", 0, "racing", lambda _connection: None)
        listening._running = False
        # It may not even have begun to wait, and be gone already.
        with contextlib.suppress(ConnectionError):
            socket.create_connection(("127.0.0.1", listening.port), timeout=10).close()
        listening._thread.join(10)
        assert not listening._thread.is_alive()
        listening.stop()

    def test_a_client_that_vanishes_is_nobodys_concern(self, world: Emulator, connect: Any) -> None:
        """A reset in the middle of a request is no error of the server."""
        for sent in (b"", LISTING[:30], LISTING * 50):
            sock = connect(world)
            sock.sendall(sent)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.close()
        sock = connect(world)
        sock.sendall(LISTING)
        assert read_answer(sock)[1] == b"demo-role"


class TestAnswers:
    """What every answer has."""

    def test_the_date_is_the_emulators(self, world: Emulator, clock: EmulatorClock, ask: Any) -> None:
        """The Date header follows the emulator's clock, without the clients' skew."""
        clock.skew(hours=3)
        assert ask(world.imds, "/")[2]["Date"] == "Fri, 02 Jan 2026 03:04:05 GMT"
        clock.shift(days=1)
        with freeze_time("2001-01-01", tz_offset=5):
            sent = ask(world.imds, "/")[2]["Date"]
        assert sent == "Sat, 03 Jan 2026 03:04:05 GMT"

    def test_absolute_targets_are_served(self, world: Emulator, ask: Any) -> None:
        """A client that believes the fake to be its proxy is answered."""
        status, body, _ = ask(world.imds, "http://100.100.100.200/latest/meta-data/network-type")
        assert (status, body) == (200, b"vpc")

    @pytest.mark.parametrize(
        ("raw", "status"),
        [
            (b"\x00\x03\x01\x02\x00\x01\x00", 400),
            (b"nonsense\r\n\r\n", 400),
            (b"GET / HTTP/3.0\r\n\r\n", 505),
            (b"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", 431),
            (b"PUT / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n" + b"x" * 1_000_000, 413),
        ],
    )
    def test_hostile_input_gets_an_answer_and_the_server_lives(
        self, world: Emulator, connect: Any, raw: bytes, status: int
    ) -> None:
        """A malformed request gets its status and a closed connection; the next client is served."""
        sock = connect(world)
        sock.sendall(raw)
        sock.shutdown(socket.SHUT_WR)
        answer = read_end(sock)
        assert answer.startswith(f"HTTP/1.1 {status} ".encode())
        assert b"Connection: close" in answer
        assert [entry.status for entry in world.journal] == [status]
        assert "malformed" in world.journal[0].detail
        sock = connect(world)
        sock.sendall(LISTING)
        assert read_answer(sock)[1] == b"demo-role"

    def test_a_bug_in_a_fake_reaches_the_test(
        self, world: Emulator, ask: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An exception in a fake is a 500 for the client and kept for the test."""
        monkeypatch.delattr(type(world.instance), "http_endpoint")
        status, _, _ = ask(world.imds, "/")
        assert status == 500
        assert world.journal[0].status == 500
        with pytest.raises(AttributeError, match="http_endpoint"):
            world.imds.check()

    @pytest.mark.parametrize("broken", [{"X": "\u4f60"}, {"X": object()}])
    def test_a_reply_that_has_no_bytes_reaches_the_test(
        self, world: Emulator, connect: Any, monkeypatch: pytest.MonkeyPatch, broken: Any
    ) -> None:
        """A reply that cannot be written ends the connection, and why is kept for the test."""
        reply = Reply(headers=tuple(broken.items())) if isinstance(broken["X"], str) else document(broken)
        monkeypatch.setattr(world.imds, "answer", lambda *_arguments: reply)
        sock = connect(world)
        sock.sendall(LISTING)
        assert read_end(sock) == b""
        eventually(lambda: bool(world.imds.handler_errors))
        with pytest.raises((TypeError, UnicodeEncodeError)):
            world.imds.check()


class TestConnection:
    """One connection, between a client and nobody."""

    @pytest.fixture
    def ends(self) -> Iterator[tuple[Connection, socket.socket]]:
        """The server's end and the client's."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            client = socket.create_connection(server.getsockname())
            connection = Connection(server.accept()[0])
        with client:
            yield connection, client
        connection.close()

    def test_what_arrives_while_its_end_is_awaited_is_thrown_away(self, ends: Any) -> None:
        """A client that talks into the silence is not answered, and may leave."""
        connection, client = ends
        client.sendall(b"are you there?")
        client.shutdown(socket.SHUT_WR)
        connection.await_end()

    def test_who_never_stops_sending_is_not_read_for_ever(
        self, ends: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What is left unread after that costs the client the answer."""
        monkeypatch.setattr("alicred_emulator.connection._LINGER_READS", 1)
        connection, client = ends
        client.sendall(b"and on and on")
        connection.finish()
        client.settimeout(10)
        assert client.recv(1) == b""
