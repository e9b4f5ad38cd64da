"""What is answered to a call that is right, and to one that is not."""

import pytest
import requests

from alicred_emulator.control import table
from alicred_emulator.control.server import ControlServer
from alicred_emulator.emulator import Emulator
from alicred_emulator.listener import PortUnavailableError


def test_an_unknown_path_is_404(ask):
    """The answer tells where to look."""
    answer = ask("GET", "/clocks")
    assert answer.status == 404
    assert "/openapi.json" in answer.content["error"]
    assert ask("GET", "/clock/").status == 404


def test_a_wrong_method_is_405_and_names_the_right_ones(ask):
    """Allow lists what the path takes."""
    answer = ask("DELETE", "/clock")
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET, HEAD, POST"
    assert ask("GET", "/reset").headers["Allow"] == "POST"


def test_head_is_get_without_a_body(wire, control):
    """A client may ask whether something is there."""
    answer = wire(f"HEAD /clock HTTP/1.1\r\nHost: 127.0.0.1:{control.port}\r\n\r\n".encode())
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert body == b""


@pytest.mark.parametrize(
    ("target", "body", "said"),
    [
        ("/clock", {"shfit": 1}, ["shfit", "shift, move_to, freeze, resume, skew, reset"]),
        ("/clock", {}, ["one of: shift"]),
        ("/clock", {"shift": 1, "resume": True}, ["one of: shift", "not 2"]),
        ("/clock", {"shift": "1h"}, ["shift is a number", "a text"]),
        ("/clock", {"shift": True}, ["shift is a number", "true or false"]),
        ("/clock", {"shift": 1e300}, ["longer than any clock goes"]),
        ("/clock", {"shift": 1e13}, ["1970 to 9998"]),
        ("/clock", {"move_to": "tomorrow"}, ["tomorrow", "2026-01-02T03:04:05Z"]),
        ("/clock", {"resume": False}, ["resume is true"]),
        ("/clock", [], ["the body is an object", "a list"]),
        ("/faults", {"name": "imds_down", "tiems": 1}, ["tiems", "times"]),
        ("/faults", "imds_dwon", ["imds_dwon", "imds_down"]),
        ("/faults", {"status": 503, "reset": True}, ["reset has no place beside status"]),
        ("/faults", {"status": 503, "operation": "Tokne"}, ["Tokne", "Token"]),
        ("/faults?service=sts", "imds_down", ["'imds'", "'sts'"]),
        ("/faults?servcie=imds", "imds_down", ["servcie", "service"]),
        ("/faults?service=imsd", "imds_down", ["service is", "imds"]),
        ("/accounts/1234567890123456/users", {}, ["lacks name"]),
        ("/accounts/1234567890123456/users", {"name": "demo-user"}, ["demo-user", "already"]),
        ("/accounts/1234567890123456/roles", {"name": "r", "trust_policy": {}}, ["Statement"]),
        ("/oidc/tokens", {"audience": [1]}, ["audience[0] is a text"]),
        ("/saml/assertions", {"role_arn": "a", "provider_arn": "b", "further_roles": [["c"]]}, ["pairs"]),
        ("/saml/assertions", {"role_arn": "a", "provider_arn": "b", "lifetime": 1e12}, ["out of range"]),
        (
            "/faults",
            {"refusal": "Throttling", "service": "imds"},
            ["imds has no codes to refuse with", "sts"],
        ),
        ("/faults", {"reset": True, "lasts": "999999999d"}, ["lasts", "longer than any clock goes"]),
        ("/faults", {"reset": True, "when": {"header A": 5}}, ["when.header A is a text or true or false"]),
        ("/faults", {"skew": "1h", "times": 2}, ["takes no condition"]),
        ("/faults", {"delay": 1e300}, ["delay is at most 86400 seconds"]),
        ("/reset", {"all": True}, ["all is not known", "nothing"]),
    ],
)
def test_a_mistake_in_a_body_is_named(ask, target, body, said):
    """The message has the key, and what is allowed."""
    answer = ask("POST", target, body)
    assert answer.status == 400
    for words in said:
        assert words in answer.content["error"]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"{", "the body is no JSON"),
        (b"\xff", "the body is no JSON"),
        (b'{"shift": NaN}', "NaN"),
        (b'{"shift": 1, "shift": 2}', "twice"),
        (b'{"shift": 1e999}', "shift is a number"),
        (b'{"move_to": "\\ud800"}', "the body is no JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"shift": 1' + b"0" * 400 + b"}", "a number out of range"),
        (b'{"shift": 1' + b"0" * 5000 + b"}", ""),
    ],
)
def test_what_is_no_json_is_refused(ask, raw, said):
    """Neither what cannot be read, nor what two readers would read differently."""
    answer = ask("POST", "/clock", raw=raw)
    assert answer.status == 400
    assert said in answer.content["error"]


def test_a_body_where_none_is_wanted_is_refused(ask):
    """Whoever sends one expects something of it."""
    assert ask("DELETE", "/faults", {"service": "imds"}).status == 400


@pytest.mark.parametrize(
    "target",
    [
        "/accounts/9999999999999999",
        "/accounts/1234567890123456/users/nobody",
        "/accounts/1234567890123456/users/demo-user/access-keys/LTAI",
        "/cloud-sso/access-configurations/ac-1",
        "/faults/999999",
        "/ledger/STS.unknown",
        "/services/imsd",
    ],
)
def test_what_there_is_not_is_404(ask, target):
    """The path is right, and names nothing."""
    answer = ask("GET", target)
    assert answer.status == 404
    assert answer.content["error"]


def test_a_change_is_made_key_by_key(ask, emulator):
    """What precedes a value that the emulator refuses is done, as the description says."""
    answer = ask("PATCH", "/instance", {"http_tokens": "required", "role": "nobody"})
    assert answer.status == 400
    assert emulator.instance.http_tokens == "required"


@pytest.mark.parametrize(
    ("method", "target", "body", "said"),
    [
        ("PATCH", "/instance", {}, "the body has at least one of: role, "),
        ("PATCH", "/instance", {"user_data": {"base64": "!"}}, "not written as Base64"),
        ("PUT", "/oidc/token-file", {"content": {"base64": "YQ"}}, "not written as Base64"),
        ("PUT", "/credentials-uri/response", {"document_base64": "!"}, "not written as Base64"),
    ],
)
def test_a_mistake_in_a_change_is_told(ask, method, target, body, said):
    """It is told with what would be right."""
    answer = ask(method, target, body)
    assert answer.status == 400
    assert said in answer.content["error"]


def test_a_key_that_is_not_known_changes_nothing(ask, emulator):
    """The body is held against its description before anything is done."""
    assert ask("PATCH", "/instance", {"http_tokens": "required", "rolle": None}).status == 400
    assert emulator.instance.http_tokens == "optional"


def test_metadata_are_merged(ask, emulator):
    """A value sets an item and null takes it out, whether it was there or not."""
    ask("PATCH", "/instance", {"metadata": {"hostname": "web-1", "eipv4": None, "absent": None}})
    assert emulator.instance.metadata["hostname"] == "web-1"
    assert "eipv4" not in emulator.instance.metadata
    assert "mac" in emulator.instance.metadata


def test_a_port_that_was_taken_meanwhile_is_a_conflict(ask, emulator):
    """A service that was stopped cannot come back while somebody else has its port."""
    ask("PATCH", "/services/oauth", {"running": False})
    with Emulator(ports={"oauth": emulator.oauth.port}):
        answer = ask("PATCH", "/services/oauth", {"running": True})
        assert answer.status == 409
        assert str(emulator.oauth.port) in answer.content["error"]
    assert ask("PATCH", "/services/oauth", {"running": True}).content["running"] is True


def test_a_mistake_of_the_api_itself_is_500_without_its_words(ask, monkeypatch, caplog):
    """What failed may hold anything: the client hears of the kind, the log of all of it."""

    def broken(*_):
        raise KeyError("FakeSecret")

    monkeypatch.setattr(table, "answer", broken)
    answer = ask("GET", "/clock")
    assert (answer.status, answer.content) == (500, {"error": "the control API failed: KeyError"})
    assert "FakeSecret" in caplog.text


def test_calls_are_no_requests_to_the_fakes(ask, emulator):
    """The journal is about the fakes."""
    ask("GET", "/clock")
    ask("GET", "/nowhere")
    assert list(emulator.journal) == []


def test_the_journal_shows_no_secret(ask, emulator):
    """Neither a header's nor a parameter's value is told, unless it is known to be harmless."""
    url = f"{emulator.sts.url}/?Action=GetCallerIdentity&AccessKeyId=LTAIxyz&Signature=abc"
    requests.get(url, headers={"X-Aliyun-Ecs-Metadata-Token": "tok", "User-Agent": "me"}, timeout=10)
    [entry] = ask("GET", "/journal").content["entries"]
    assert entry["query"] == "Action=GetCallerIdentity&AccessKeyId=***&Signature=***"
    assert entry["headers"]["x-aliyun-ecs-metadata-token"] == "***"
    assert entry["headers"]["user-agent"] == "me"


def test_the_ledger_shows_no_secret(ask, emulator):
    """Whoever was given a credential has the rest of it."""
    requests.get(emulator.credentials_uri.url, timeout=10)
    [issued] = emulator.ledger.credentials
    told = str(ask("GET", "/ledger").content) + str(ask("GET", f"/ledger/{issued.access_key_id}").content)
    assert issued.access_key_id in told
    assert issued.access_key_secret not in told
    assert issued.security_token not in told


def test_reading_the_unplaced_says_that_somebody_knows_of_them(ask, emulator):
    """As in one process, it is what a test does that expects them."""
    requests.get(f"{emulator.imds.url}/nowhere", timeout=10)
    assert ask("GET", "/journal?service=sts&unplaced").content == {"entries": [], "unplaced_read": True}
    [entry] = ask("GET", "/journal?unplaced").content["entries"]
    assert (entry["path"], entry["placed"]) == ("/nowhere", False)
    assert ask("DELETE", "/journal").status == 204
    assert ask("GET", "/journal").content == {"entries": [], "unplaced_read": False}


def test_faults_of_others_are_listed_and_can_be_ended(ask, emulator):
    """Whoever has put a fault in force, it is in force."""
    other, handle = emulator.sts.faults.add("sts_throttled"), emulator.imds.faults.add("imds_error")
    _, fault = ask("GET", "/faults").content["faults"]
    assert (fault["name"], fault["service"], fault["hits"]) == ("imds_error", "imds", 0)
    assert ask("DELETE", f"/faults/{fault['id']}").status == 200
    assert emulator.faults.in_force == (other,)
    handle.remove()


def test_a_fault_that_is_used_up_still_tells_its_hits(ask, emulator):
    """It is listed no more, and asked for by its id; once it is removed, nobody knows it."""
    added = ask("POST", "/faults", {"status": 503, "service": "imds", "times": 1}).content
    requests.get(emulator.imds.url, timeout=10)
    assert ask("GET", "/faults").content == {"faults": []}
    assert ask("GET", f"/faults/{added['id']}").content == {**added, "hits": 1}
    assert ask("DELETE", f"/faults/{added['id']}").content == {**added, "hits": 1}
    assert ask("GET", f"/faults/{added['id']}").status == 404


def test_two_servers_want_two_ports(control):
    """A taken port is told as of every service."""
    with Emulator() as other, pytest.raises(PortUnavailableError), ControlServer(other, control.port):
        pytest.fail("it cannot be served there")


def test_it_says_where_it_is():
    """And that it is nowhere before and after."""
    with Emulator() as emulator:
        server = ControlServer(emulator)
        assert server.url == "http://127.0.0.1:0"
        with server:
            assert server.url in repr(server)
            assert requests.get(f"{server.url}/healthz", timeout=10).json() == {"status": "ok"}
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{server.url}/healthz", timeout=10)


def test_one_that_no_longer_listens_may_be_left(emulator):
    """A second end is none."""
    with ControlServer(emulator) as server:
        server._listener.stop()
    assert server.port == 0
