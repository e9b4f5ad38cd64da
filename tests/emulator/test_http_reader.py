import pytest

from alicred_emulator.http_reader import (
    LONGEST_BODY,
    LONGEST_HEAD,
    MOST_HEADERS,
    BadRequestError,
    RequestReader,
)
from alicred_emulator.messages import Request


def reader(*pieces: bytes) -> RequestReader:
    """Make a reader to which these pieces arrive one by one, then the end."""
    arriving = iter(pieces)
    return RequestReader(lambda size: next(arriving, b""), lambda: None)


def read(*pieces: bytes) -> Request:
    """Read one request."""
    request = reader(*pieces).read()
    assert request is not None
    return request


def test_a_request_is_taken_apart() -> None:
    """Method, path, query, headers and body each have their place."""
    request = read(b"POST /a%20b?c=d%20e HTTP/1.1\r\nHost: h\r\nX-A:  1 \r\nContent-Length: 3\r\n\r\nxyz")
    assert (request.method, request.path, request.raw_path) == ("POST", "/a b", "/a%20b")
    assert (request.query, request.host, request.body, request.version) == ("c=d%20e", "h", b"xyz", 1)
    assert request.headers["x-a"] == "1"


def test_pieces_do_not_matter() -> None:
    """A request that arrives byte by byte is the same request."""
    whole = b"PUT /x HTTP/1.1\r\nContent-Length: 2\r\n\r\nab"
    assert read(*(bytes([byte]) for byte in whole)) == read(whole)


def test_requests_may_follow_each_other_at_once() -> None:
    """Pipelined requests are read one by one, each with its own body, then the end is seen."""
    both = reader(b"PUT /1 HTTP/1.1\r\nContent-Length: 2\r\n\r\nabGET /2 HTTP/1.1\r\n\r\n")
    first, second = both.read(), both.read()
    assert first is not None
    assert second is not None
    assert (first.path, first.body, second.path, second.body) == ("/1", b"ab", "/2", b"")
    assert both.read() is None


@pytest.mark.parametrize(
    ("target", "host", "path", "query"),
    [
        ("http://100.100.100.200/latest/api/token", "100.100.100.200", "/latest/api/token", ""),
        ("HTTP://h:8080?a=b", "h:8080", "/", "a=b"),
        ("https://h", "h", "/", ""),
        ("/x?", "given", "/x", ""),
        ("/x?a?b", "given", "/x", "a?b"),
        ("//x", "given", "//x", ""),
        ("*", "given", "*", ""),
    ],
)
def test_targets_come_in_several_forms(target: str, host: str, path: str, query: str) -> None:
    """A proxy's absolute form names the host; otherwise the Host field does, as odd as it may be."""
    request = read(f"GET {target} HTTP/1.1\r\nHost: given\r\n\r\n".encode())
    assert (request.host, request.path, request.query) == (host, path, query)


@pytest.mark.parametrize("host", ["Host: http://127.0.0.1:1/x\r\n", "Host:\r\n", ""])
def test_hosts_may_be_odd(host: str) -> None:
    """A URL as Host, an empty one and none at all are all accepted."""
    assert read(f"GET / HTTP/1.1\r\n{host}\r\n".encode()).path == "/"


@pytest.mark.parametrize("head", [b"GET / HTTP/1.1\nA: b\n\n", b"\r\n\nGET / HTTP/1.1\nA: b\r\n\n"])
def test_bare_line_feeds_are_accepted(head: bytes) -> None:
    """What a person types into netcat is a request too."""
    assert read(head).headers["a"] == "b"


def test_http_1_0_is_known() -> None:
    """The version decides later whether the connection is kept."""
    assert read(b"GET / HTTP/1.0\r\n\r\n").version == 0


@pytest.mark.parametrize(
    "coded",
    [
        b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
        b"3;name=value\r\nabc\r\n02\r\nde\r\n0\r\nTrailer: x\r\n\r\n",
        b"5\nabcde\n0\n\n",
    ],
)
def test_chunks_are_joined_and_drained(coded: bytes) -> None:
    """A chunked body is read whole, extensions and trailers skipped, and the next request is intact."""
    both = reader(b"POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n", coded, b"GET /2 HTTP/1.1\r\n\r\n")
    first, second = both.read(), both.read()
    assert first is not None
    assert second is not None
    assert (first.body, second.path) == (b"abcde", "/2")


def test_a_body_is_asked_for_when_the_client_waits() -> None:
    """Expect: 100-continue is answered before the body is read."""
    told: list[bool] = []
    arriving = [b"PUT / HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n"]

    def receive(_size: int) -> bytes:
        return arriving.pop() if arriving else b"ab" if told else b""

    request = RequestReader(receive, lambda: told.append(True)).read()
    assert request is not None
    assert request.body == b"ab"


def test_equal_lengths_are_one_length() -> None:
    """A length that some proxy repeated is taken, as RFC 9112 allows."""
    assert read(b"PUT / HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab").body == b"ab"


HEAD = b"POST / HTTP/1.1\r\n"


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"\x16\x03\x01\x02\x00", 400),
        (b"nonsense\r\n", 400),
        (b"GET /\r\n\r\n", 400),
        (b"GET / x HTTP/1.1\r\n\r\n", 400),
        (b"GET  / HTTP/1.1\r\n\r\n", 400),
        (b"G\x00T / HTTP/1.1\r\n\r\n", 400),
        (b"GET /\x7f HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\n\r\n", 505),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        (HEAD + b"no colon\r\n\r\n", 400),
        (HEAD + b"space : x\r\n\r\n", 400),
        (HEAD + b": empty\r\n\r\n", 400),
        (HEAD + b"A: b\r\n folded\r\n\r\n", 400),
        (HEAD + b"A: b\rC: d\r\n\r\n", 400),
        (HEAD + b"A: \x00\r\n\r\n", 400),
        (HEAD + b"Content-Length: -1\r\n\r\n", 400),
        (HEAD + b"Content-Length: +1\r\n\r\n", 400),
        (HEAD + b"Content-Length: 0x1\r\n\r\n", 400),
        (HEAD + b"Content-Length: \r\n\r\n", 400),
        (HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n", 400),
        (HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n", 400),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n", 400),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"1" * (LONGEST_HEAD + 10), 400),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"A: b\r\n" * (MOST_HEADERS + 1), 431),
        (HEAD + f"Content-Length: {LONGEST_BODY + 1}\r\n\r\n".encode(), 413),
        (HEAD + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n", 400),
        (HEAD + f"Transfer-Encoding: chunked\r\n\r\n{LONGEST_BODY + 1:x}\r\n".encode(), 413),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", 413),
        (HEAD + b"A: " + b"x" * LONGEST_HEAD + b"\r\n\r\n", 431),
        (HEAD + b"A: b\r\n" * (MOST_HEADERS + 1) + b"\r\n", 431),
        (b"GET /" + b"x" * LONGEST_HEAD, 431),
        (HEAD + b"Content-Length: 3\r\n\r\nab", 400),
        (HEAD + b"A: b", 400),
    ],
)
def test_what_cannot_be_read_is_an_error_with_a_status(raw: bytes, status: int) -> None:
    """Malformed, contradictory, oversized and broken-off requests each end with a 4xx or 505."""
    with pytest.raises(BadRequestError) as error:
        reader(raw).read()
    assert error.value.status == status


@pytest.mark.parametrize("raw", [b"\x16\x03\x01\x02\x00", b"nonsense\r\n"])
def test_nonsense_is_refused_without_waiting_for_more(raw: bytes) -> None:
    """A client that speaks something else, such as TLS, waits for an answer: it gets one at once."""
    arriving = [raw]
    with pytest.raises(BadRequestError):
        RequestReader(lambda _size: arriving.pop(), lambda: None).read()


def test_a_client_that_only_connects_is_no_error() -> None:
    """Hanging up before a request is the normal end of a connection."""
    assert reader().read() is None
    assert reader(b"\r\n").read() is None


def test_begun_tells_whether_a_request_is_on_its_way() -> None:
    """A connection counts as busy from a request's first byte until the next one is awaited."""
    seen: list[bool] = []
    arriving = iter([b"GET / HT", b"TP/1.1\r\n\r\n"])

    def receive(_size: int) -> bytes:
        seen.append(one.begun)
        return next(arriving, b"")

    one = RequestReader(receive, lambda: None)
    one.read()
    assert one.begun
    one.read()
    assert seen == [False, True, False]
