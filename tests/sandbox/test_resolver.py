"""The resolver of the sandbox, message by message: it answers what it knows, and refuses the rest at once."""

import socket
import struct

import pytest

from alicred_emulator.sandbox.resolver import Resolver, answer

ADDRESS, ADDRESS_OF_IPV6, TEXT = 1, 28, 16


def query(name, kind=ADDRESS, *, flags=0x0100, questions=1, rest=b""):
    """Write a query as resolvers do."""
    labels = b"".join(bytes([len(label)]) + label.encode("ascii") for label in name.split("."))
    head = struct.pack("!6H", 0x1234, flags, questions, 0, 0, 0)
    return head + labels + b"\0" + struct.pack("!2H", kind, 1) + rest


def lookup(name):
    """Know one name."""
    return "100.100.80.2" if name == "sts.aliyuncs.com" else None


def read(message):
    """Return the number, the code and how many answers a message has."""
    number, flags, _, answers, _, _ = struct.unpack_from("!6H", message)
    assert flags & 0x8000
    return number, flags & 0xF, answers


def test_a_known_name_has_its_address():
    """Under the number of the query, with the question repeated."""
    asked = query("sts.aliyuncs.com")
    answered = answer(asked, lookup)
    assert read(answered) == (0x1234, 0, 1)
    assert answered[12 : len(asked)] == asked[12:]
    assert answered.endswith(socket.inet_aton("100.100.80.2"))


def test_case_does_not_matter():
    """Some resolvers write letters large by chance, and want them back so."""
    answered = answer(query("STS.aLiyuncs.com"), lookup)
    assert read(answered)[2] == 1
    assert b"aLiyuncs" in answered


@pytest.mark.parametrize("kind", [ADDRESS_OF_IPV6, TEXT])
def test_a_known_name_has_nothing_else(kind):
    """It exists, so that whoever asks for both versions goes on with the one."""
    assert read(answer(query("sts.aliyuncs.com", kind), lookup)) == (0x1234, 0, 0)


def test_another_name_does_not_exist():
    """Nobody waits for a time-out."""
    assert read(answer(query("example.com"), lookup)) == (0x1234, 3, 0)


def test_further_records_of_a_query_are_passed_over():
    """As EDNS adds one."""
    edns = b"\0" + struct.pack("!2HIH", 41, 1232, 0, 0)
    assert read(answer(query("sts.aliyuncs.com", rest=edns), lookup))[2] == 1


@pytest.mark.parametrize(
    "malformed",
    [
        query("sts.aliyuncs.com", questions=0),
        query("sts.aliyuncs.com", questions=2),
        query("sts.aliyuncs.com")[:-1],
        query("sts.aliyuncs.com")[:15],
        query("sts.aliyuncs.com").replace(b"sts", b"st\xff"),
        query("x")[:12] + b"\xc0\x0c\0\x01\0\x01",
    ],
)
def test_a_malformed_query_is_called_so(malformed):
    """And nothing else happens."""
    assert read(answer(malformed, lookup)) == (0x1234, 1, 0)


@pytest.mark.parametrize("noise", [b"", b"short", query("sts.aliyuncs.com", flags=0x8180)])
def test_what_is_no_query_gets_no_answer(noise):
    """Two servers must not answer each other for ever."""
    assert answer(noise, lookup) is None


def test_it_answers_on_its_socket_until_the_end():
    """Noise in between disturbs nobody."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))
    address = server.getsockname()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client, Resolver(server, lookup):
        client.sendto(b"noise", address)
        client.sendto(query("sts.aliyuncs.com"), address)
        assert read(client.recv(512))[2] == 1
    assert server.fileno() == -1
