"""What a client hello says, whole, broken and invented."""

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alicred_emulator.client_hello import FIRST_BYTE, missing_bytes, requested_host


def hello(name: str | None, *, alpn: tuple[str, ...] = ()) -> bytes:
    """Return what this machine's TLS library sends first."""
    context = ssl.create_default_context()
    context.check_hostname = False
    if alpn:
        context.set_alpn_protocols(list(alpn))
    sent = ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), sent, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return sent.read()


WHOLE = hello("sts.cn-hangzhou.aliyuncs.com")


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("sts.cn-hangzhou.aliyuncs.com", "sts.cn-hangzhou.aliyuncs.com"),
        ("STS.aliyuncs.com", "STS.aliyuncs.com"),
        ("münchen.example", "xn--mnchen-3ya.example"),
        ("127.0.0.1", ""),
        (None, ""),
    ],
)
def test_the_name_is_read_as_it_was_sent(name, read):
    """A client that names a host is understood, and one that has an address alone names none."""
    assert requested_host(hello(name)) == read


def test_the_name_is_found_among_other_extensions():
    """Whatever else a client offers, before its name or after."""
    assert requested_host(hello("sts.aliyuncs.com", alpn=("h2", "http/1.1"))) == "sts.aliyuncs.com"


def test_a_name_that_is_not_ascii_is_read_all_the_same():
    """A client may send what no host is called."""
    odd = WHOLE.replace(b"sts.", b"\xff\xfe\x00.")
    assert requested_host(odd) == "\xff\xfe\x00.cn-hangzhou.aliyuncs.com"


def test_half_a_message_says_how_much_is_missing():
    """However little has come, no more is waited for than will come."""
    for size in range(len(WHOLE)):
        assert 0 < missing_bytes(WHOLE[:size]) <= len(WHOLE) - size
        assert requested_host(WHOLE[:size]) == ""


def test_a_whole_message_lacks_nothing():
    """It is whole, also when more follows it."""
    assert missing_bytes(WHOLE) == missing_bytes(WHOLE + b"more") == 0


@pytest.mark.parametrize("data", [b"\x16GET / HTTP/1.1", b"\x16\x03\x01\xff\xff", b"\x16\x02\x00\x00\x10"])
def test_what_cannot_become_one_is_not_waited_for(data):
    """Another protocol, and a record larger than TLS allows, are OpenSSL's to refuse at once."""
    assert missing_bytes(data) == 0


@given(st.binary(max_size=200))
def test_anything_has_an_answer(rest):
    """No bytes whatever raise an error."""
    assert requested_host(FIRST_BYTE + rest) is not None
    assert missing_bytes(FIRST_BYTE + rest) >= 0


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255))
def test_a_damaged_message_has_an_answer(position, value):
    """One wrong byte, in a length for instance, raises no error either."""
    damaged = bytearray(WHOLE)
    damaged[position] = value
    assert isinstance(requested_host(bytes(damaged)), str)
