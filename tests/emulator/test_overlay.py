import contextlib
import http.client
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pytest_httpserver import RequestMatcher
from werkzeug.wrappers import Request as WsgiRequest
from werkzeug.wrappers import Response

from alicred_emulator.emulator import Emulator
from alicred_emulator.messages import Headers, Request
from alicred_emulator.overlay import KEPT_LOG

ROLE_PATH = "/latest/meta-data/ram/security-credentials/"


def test_a_handler_takes_precedence_over_the_fake(world: Emulator, ask: Any) -> None:
    """What a handler matches it answers; everything else goes to the fake."""
    world.imds.expect_request(ROLE_PATH).respond_with_data("mine")
    assert ask(world.imds, ROLE_PATH)[:2] == (200, b"mine")
    assert ask(world.imds, ROLE_PATH)[:2] == (200, b"mine")
    status, body, _ = ask(world.imds, ROLE_PATH + "demo-role")
    assert (status, json.loads(body)["Code"]) == (200, "Success")
    assert world.journal[0].detail == "answered by a handler of the test"
    assert [entry.operation for entry in world.journal] == ["RoleName", "RoleName", "RoleCredential"]


def test_a_handler_takes_precedence_over_a_fault(world: Emulator, ask: Any) -> None:
    """A fault concerns the fake; a handler of the test stands before both."""
    world.imds.faults.add("imds_error")
    world.imds.expect_request(ROLE_PATH).respond_with_data("mine")
    assert ask(world.imds, ROLE_PATH)[0] == 200
    assert ask(world.imds, "/")[0] == 500


def test_a_oneshot_handler_answers_once(world: Emulator, ask: Any) -> None:
    """After its one request the fake answers again."""
    world.imds.expect_oneshot_request(ROLE_PATH).respond_with_json({"x": 1}, status=418)
    assert ask(world.imds, ROLE_PATH)[0] == 418
    assert ask(world.imds, ROLE_PATH)[1] == b"demo-role"


def test_ordered_handlers_answer_in_turn_and_let_others_pass(world: Emulator, ask: Any) -> None:
    """A request between two ordered ones that no handler matches goes to the fake."""
    world.imds.expect_ordered_request("/a").respond_with_data("first")
    world.imds.expect_ordered_request("/b").respond_with_data("second")
    assert ask(world.imds, "/a")[1] == b"first"
    assert ask(world.imds, ROLE_PATH)[1] == b"demo-role"
    assert ask(world.imds, "/b")[1] == b"second"
    assert ask(world.imds, ROLE_PATH)[1] == b"demo-role"


def test_an_ordered_request_out_of_turn_fails_for_good(world: Emulator, ask: Any) -> None:
    """As in pytest-httpserver, a broken order is a failure of the test."""
    world.imds.expect_ordered_request("/a").respond_with_data("first")
    world.imds.expect_ordered_request("/b").respond_with_data("second")
    assert ask(world.imds, "/b")[0] == 500
    assert ask(world.imds, ROLE_PATH)[0] == 500
    with pytest.raises(AssertionError, match="failed ordered handler"):
        world.imds.check_assertions()
    world.imds.clear()


def test_a_handler_sees_the_request(world: Emulator, ask: Any) -> None:
    """Method, path, query, headers and body arrive as werkzeug shows them."""
    seen: list[Any] = []

    def handler(request: WsgiRequest) -> Response:
        seen.extend([request.method, request.path, dict(request.args), request.get_data()])
        seen.extend([request.headers["X-Mine"], request.content_type, request.host])
        return Response("ok")

    world.imds.expect_request("/ä b").respond_with_handler(handler)
    ask(world.imds, "/%C3%A4%20b?q=1", "POST", {"X-Mine": "2", "Content-Type": "a/b", "Host": "h:1"}, b"body")
    assert seen == ["POST", "/ä b", {"q": "1"}, b"body", "2", "a/b", "h:1"]


def test_matchers_see_headers_query_and_data(world: Emulator, ask: Any) -> None:
    """A handler can be laid for one header, one query, one body alone."""
    world.imds.expect_request("/x", headers={"A": "1"}).respond_with_data("header")
    world.imds.expect_request("/x", query_string={"q": "1"}).respond_with_data("query")
    world.imds.expect_request("/x", method="PUT", json={"k": 1}).respond_with_data("json")
    assert ask(world.imds, "/x", headers={"A": "1"})[1] == b"header"
    assert ask(world.imds, "/x?q=1")[1] == b"query"
    assert ask(world.imds, "/x", "PUT", body=b'{"k": 1}')[1] == b"json"
    assert ask(world.imds, "/x")[0] == 404
    assert len(world.imds.journal.unplaced) == 1


def test_a_handlers_headers_and_body_are_sent_as_they_are(world: Emulator, ask: Any) -> None:
    """Headers, types, dates and streamed bodies of a handler's response reach the client."""
    response = Response(
        (piece for piece in ("a", "b")), 203, {"X-Mine": "1", "Date": "never"}, content_type="x/y"
    )
    world.imds.expect_request("/x").respond_with_response(response)
    status, body, headers = ask(world.imds, "/x")
    assert (status, body, headers["X-Mine"], headers["Content-Type"]) == (203, b"ab", "1", "x/y")
    assert headers.get_all("Date") == ["never"]
    assert ask(world.imds, "/x", "HEAD")[1] == b""


def test_a_failing_handler_is_a_500_and_reaches_the_test(world: Emulator, ask: Any) -> None:
    """What a handler raises is kept for check, assertions and errors apart."""

    def fail(_request: WsgiRequest) -> Response:
        raise LookupError("in the handler")

    def refuse(_request: WsgiRequest) -> Response:
        raise AssertionError("wrong request")

    world.imds.expect_request("/fail").respond_with_handler(fail)
    world.imds.expect_request("/refuse").respond_with_handler(refuse)
    world.imds.expect_request("/empty")
    assert [ask(world.imds, path)[0] for path in ("/fail", "/refuse", "/empty")] == [500] * 3
    with pytest.raises(AssertionError, match="wrong request"):
        world.imds.check()
    with pytest.raises(LookupError, match="in the handler"):
        world.imds.check()
    with pytest.raises(Exception, match="no response defined"):
        world.imds.check()


def test_wait_sees_the_last_oneshot_handler(world: Emulator) -> None:
    """pytest-httpserver's wait ends when all one-shot handlers were used."""
    world.imds.expect_oneshot_request("/x").respond_with_data("ok")
    connection = http.client.HTTPConnection("127.0.0.1", world.imds.port, timeout=10)
    with world.imds.wait(timeout=10) as waiting:
        connection.request("GET", "/x")
        assert connection.getresponse().status == 200
    connection.close()
    assert waiting.result


def test_a_oneshot_handler_answers_one_of_many_at_once(world: Emulator) -> None:
    """Of many simultaneous requests exactly one gets the one-shot answer, and none fails."""
    world.imds.expect_oneshot_request(ROLE_PATH).respond_with_data("once")
    barrier, bodies = threading.Barrier(8), list[bytes]()

    def ask_once() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", world.imds.port, timeout=10)
        connection.connect()
        barrier.wait()
        connection.request("GET", ROLE_PATH)
        bodies.append(connection.getresponse().read())
        connection.close()

    threads = [threading.Thread(target=ask_once) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(bodies) == [b"demo-role"] * 7 + [b"once"]


def test_a_oneshot_handler_is_chosen_by_one_request_at_a_time(world: Emulator) -> None:
    """Two requests never both find the same one-shot handler, however slow its matcher is."""
    both_inside = threading.Barrier(2)

    def matches(_name: str, _value: str | None, _expected: str) -> bool:
        with contextlib.suppress(threading.BrokenBarrierError):
            both_inside.wait(timeout=0.1)
        return True

    once = world.imds.expect_oneshot_request("/", headers={"A": "1"}, header_value_matcher=matches)
    once.respond_with_data("once")
    request = Request.of("GET", "/", Headers([("A", "1")]))
    with ThreadPoolExecutor(2) as pool:
        replies = list(pool.map(world.imds.answer, [request, request], [world.imds.generation] * 2))
    assert sorted(reply.payload for reply in replies) == [b"2016-01-01\nlatest", b"once"]


def test_the_log_holds_what_handlers_answered_and_is_bounded(world: Emulator, ask: Any) -> None:
    """pytest-httpserver's log serves its own assertions and does not grow for ever."""
    world.imds.expect_request("/x").respond_with_data("ok")
    ask(world.imds, "/")
    for _ in range(3):
        ask(world.imds, "/x")
    world.imds.assert_request_made(RequestMatcher("/x"), count=3)
    world.imds.log[:0] = world.imds.log[:1] * KEPT_LOG
    ask(world.imds, "/x")
    assert len(world.imds.log) == KEPT_LOG


def test_handlers_are_gone_after_a_reset(world: Emulator, ask: Any) -> None:
    """A handler lasts for one test."""
    world.imds.expect_request("/").respond_with_data("mine")
    world.reset()
    assert ask(world.imds, "/")[1] != b"mine"


def test_a_handler_gets_a_body_that_came_in_chunks(world: Emulator) -> None:
    """It is whole by then, and its length is said."""
    seen: list[bytes] = []

    def handle(request: WsgiRequest) -> Response:
        seen.append(request.get_data())
        return Response("thanks")

    world.imds.expect_request("/chunks", method="POST").respond_with_handler(handle)
    connection = http.client.HTTPConnection("127.0.0.1", world.imds.port, timeout=10)
    with contextlib.closing(connection):
        connection.request("POST", "/chunks", body=iter([b"in ", b"parts"]), encode_chunked=True)
        assert connection.getresponse().read() == b"thanks"
    assert seen == [b"in parts"]
