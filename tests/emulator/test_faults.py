import itertools
import json
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from types import FrameType
from typing import Any

import pytest

from alicred_emulator.clock import EmulatorClock
from alicred_emulator.fault_board import FaultBoard
from alicred_emulator.fault_conditions import ABOUT_ROLES
from alicred_emulator.fault_rule import FaultHandle
from alicred_emulator.faults import Fault
from alicred_emulator.messages import Headers, Reply, Request, document, text
from alicred_emulator.outages import outages
from alicred_emulator.services import SERVICES
from alicred_emulator.world import World

OPERATIONS = {
    "imds": ["Token", "RoleName", "RoleCredential"],
    "credentials_uri": ["Credential"],
    "sts": ["AssumeRole", "AssumeRoleWithOIDC"],
    "oidc": ["Discovery", "Jwks"],
    "cloud_sso": ["CloudCredential"],
    "oauth": ["Token", "Exchange"],
}
CREDENTIAL = {
    "AccessKeyId": "STS.x",
    "SecurityToken": "t",
    "Expiration": "2026-01-02T09:04:05Z",
    "Code": "Success",
}


@pytest.fixture
def board(small_world: World) -> FaultBoard:
    """A board over two services, with the named outages."""
    return FaultBoard(small_world.clock, outages(small_world), OPERATIONS, {"sts"})


def apply(
    board: FaultBoard,
    operation: str = "Token",
    service: str = "imds",
    path: str = "/x",
    answer: Callable[[], Reply] = lambda: text("whole"),
    headers: Headers | None = None,
    body: bytes = b"",
) -> Reply:
    """Let the board answer a request."""
    return board.apply(service, operation, Request.of("GET", path, headers, body), answer)


def credential(board: FaultBoard) -> Reply:
    """Let the board answer a request for a credential."""
    return apply(board, "RoleCredential", answer=lambda: document(CREDENTIAL))


def test_equal_faults_are_equal_and_print_alike() -> None:
    """A fault is a value: equal arguments, equal faults, and its text says what it does."""
    assert Fault.status(503) == Fault.status(503) != Fault.status(500)
    assert hash(Fault.reset()) == hash(Fault.reset())
    assert str(Fault.delay(0.2)) == "delay(0.2)"
    assert str(Fault.skew(timedelta(minutes=-90))) == "skew(-1h30m)"
    assert str(Fault.body(b"secret", content_type="text/plain")) == "body(6 bytes, 200, 'text/plain')"


def test_without_faults_the_fake_answers(board: FaultBoard) -> None:
    """A board without faults changes nothing."""
    assert apply(board) == text("whole")


def test_a_status_replaces_the_answer_and_the_fake_is_not_asked(board: FaultBoard) -> None:
    """A status fault answers by itself, so that the request has no effect."""
    board.add(Fault.status(503, headers={"Retry-After": "1"}))
    reply = apply(board, answer=lambda: pytest.fail("the fake was asked"))
    assert reply.status == 503
    assert b"<h1>503 - Service Unavailable</h1>" in reply.payload
    assert reply.headers == (("Retry-After", "1"),)
    assert "status(503" in reply.detail
    assert reply.detail.startswith("fault: status(503")


def test_a_status_that_http_does_not_know_has_a_page_too(board: FaultBoard) -> None:
    """A status is a number: any that may end an answer will do."""
    board.add(Fault.status(299))
    assert b"<h1>299 - Unknown</h1>" in apply(board).payload


def test_a_body_replaces_the_answer(board: FaultBoard) -> None:
    """A body fault sends exactly its bytes."""
    board.add(Fault.body(b"\xff{", status=201, content_type="text/html"))
    reply = apply(board)
    assert (reply.status, reply.payload, reply.content_type) == (201, b"\xff{", "text/html")


@pytest.mark.parametrize(
    ("fault", "field", "value"),
    [
        (Fault.reset(), "ending", "reset"),
        (Fault.silence(), "ending", "silence"),
        (Fault.delay(0.5), "delay", 0.5),
        (Fault.truncate(3), "keep_bytes", 3),
        (Fault.drip(2, 0.01), "drip_bytes", 2),
    ],
)
def test_wire_faults_are_effects(board: FaultBoard, fault: Fault, field: str, value: Any) -> None:
    """What happens on the wire is carried by the reply as data."""
    board.add(fault)
    assert getattr(apply(board).effect, field) == value


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.code("Failed"), CREDENTIAL | {"Code": "Failed"}),
        (Fault.partial("Code"), {key: CREDENTIAL[key] for key in CREDENTIAL if key != "Code"}),
        (Fault.expired(), CREDENTIAL | {"Expiration": "2026-01-02T02:04:05Z"}),
    ],
)
def test_documents_can_be_edited(board: FaultBoard, fault: Fault, expected: dict[str, str]) -> None:
    """Code, fields and expiry of a credential document can be wrong."""
    board.add(fault)
    assert json.loads(credential(board).payload) == expected


def test_a_malformed_document_is_no_json(board: FaultBoard) -> None:
    """A malformed document begins well and breaks off."""
    board.add(Fault.malformed())
    payload = credential(board).payload
    assert payload.startswith(b'{"AccessKeyId"')
    with pytest.raises(json.JSONDecodeError):
        json.loads(payload)


def test_a_document_fault_passes_other_answers_by(board: FaultBoard) -> None:
    """A fault of documents is neither applied to nor used up by an answer that is none."""
    handle = board.add(Fault.code("Failed"), times=1)
    assert apply(board) == text("whole")
    assert handle.hits == 0
    assert json.loads(credential(board).payload)["Code"] == "Failed"
    assert handle.hits == 1


@pytest.mark.parametrize("fault", [Fault.partial("Nothing"), Fault.expired(), Fault.code("Failed")])
def test_a_document_that_stays_as_it_is_is_no_hit(board: FaultBoard, fault: Fault) -> None:
    """A fault that has nothing to change is not used up, and the journal does not speak of it."""
    handle = board.add(fault, times=1)
    refusal = document({"Code": "NoPermission", "RequestId": "x"}, status=403)
    assert apply(board, answer=lambda: refusal) is refusal
    assert handle.hits == 0
    assert board.in_force == (handle,)


def test_two_faults_of_the_same_kind_take_turns(board: FaultBoard) -> None:
    """What one has done already, the other need not do: it waits for the next request."""
    first, second = board.add(Fault.expired(), times=1), board.add(Fault.expired(), times=1)
    credential(board)
    assert (first.hits, second.hits) == (1, 0)
    credential(board)
    assert (first.hits, second.hits) == (1, 1)


def test_any_document_may_lack_a_field_or_break_off(board: FaultBoard) -> None:
    """A refusal, or what an issuer tells of itself, is as good a document as a credential's."""
    board.add(Fault.partial("Code"))
    reply = apply(board, answer=lambda: document({"Code": "NoPermission", "Message": "no"}))
    assert json.loads(reply.payload) == {"Message": "no"}
    board.add(Fault.malformed())
    reply = apply(board, "Discovery", "oidc", answer=lambda: document({"issuer": "x"}))
    assert reply.payload == b'{"issue'


def test_who_has_no_codes_is_not_met_by_a_refusal(board: FaultBoard) -> None:
    """A refusal that concerns all services waits for one that can refuse so."""
    handle = board.add(Fault.refusal("Throttling"), times=1)
    assert apply(board) == text("whole")
    assert handle.hits == 0
    asked = Request.of("GET", "/")
    reply = board.apply("sts", "AssumeRole", asked, lambda: text("whole"), text)
    assert (reply.payload, handle.hits) == (b"Throttling", 1)


def test_times_counts_matching_requests(board: FaultBoard) -> None:
    """A fault of n times meets the next n requests that it concerns, and is over."""
    handle = board.add(Fault.status(500), operation="Token", times=2)
    assert apply(board, "RoleName").status == 200
    assert [apply(board).status for _ in range(3)] == [500, 500, 200]
    assert handle.hits == 2


def test_times_holds_under_threads(board: FaultBoard) -> None:
    """However many requests arrive at once, a fault of n times meets n of them."""
    handle = board.add(Fault.status(500), times=100)
    barrier, statuses = threading.Barrier(8), list[int]()

    def ask() -> None:
        barrier.wait()
        statuses.extend(apply(board).status for _ in range(50))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses.count(500) == handle.hits == 100


def test_a_last_hit_is_given_once(board: FaultBoard) -> None:
    """A request that matched before another took the last hit passes unharmed."""
    inner: list[int] = []

    def meanwhile(request: Request) -> bool:
        if request.query != "inner":
            inner.append(apply(board, path="/x?inner").status)
        return True

    board.add(Fault.status(500), times=1, condition=meanwhile)
    assert apply(board).status == 200
    assert inner == [500]


def test_faults_queue_up(board: FaultBoard) -> None:
    """Of several faults that replace the answer, the first decides, and the next waits its turn."""
    board.add(Fault.status(500), times=1)
    board.add(Fault.status(503), times=1)
    assert [apply(board).status for _ in range(3)] == [500, 503, 200]


def test_a_delay_and_a_status_go_together(board: FaultBoard) -> None:
    """A fault of the wire takes part in an answer that another replaced."""
    board.add(Fault.delay(0.1))
    board.add(Fault.status(500))
    reply = apply(board)
    assert (reply.status, reply.effect.delay) == (500, 0.1)


def test_a_fault_stays_until_removed(board: FaultBoard) -> None:
    """Without times, only remove ends a fault; removing it twice is no error."""
    handle = board.add(Fault.status(500))
    assert [apply(board).status for _ in range(3)] == [500] * 3
    handle.remove()
    handle.remove()
    assert apply(board).status == 200
    assert handle.hits == 3


def test_a_handle_ends_with_its_block(board: FaultBoard) -> None:
    """As a context manager a fault lasts as long as the block."""
    with board.add(Fault.status(500)):
        assert apply(board).status == 500
    assert apply(board).status == 200


def test_where_a_fault_applies(board: FaultBoard) -> None:
    """Service, operation glob, path glob and a condition each narrow a fault."""
    board.add(Fault.status(500), service="imds", operation="Role*", path="*/demo")
    assert apply(board, "RoleName", path="/a/demo").status == 500
    assert apply(board, "RoleName", path="/a/other").status == 200
    assert apply(board, "Token", path="/a/demo").status == 200
    assert apply(board, "RoleName", "credentials_uri", path="/a/demo").status == 200
    board.clear()
    board.add(Fault.status(500), condition=lambda request: request.query == "a=1")
    assert apply(board, path="/x?a=1").status == 500
    assert apply(board).status == 200


def test_a_fault_can_begin_later(board: FaultBoard, clock: EmulatorClock) -> None:
    """With `after`, a fault begins when the emulator's clock has come so far."""
    board.add(Fault.status(500), after=timedelta(hours=1))
    clock.shift(minutes=59, seconds=59)
    assert apply(board).status == 200
    clock.shift(seconds=1)
    assert apply(board).status == 500


def test_a_fault_may_last(board: FaultBoard, clock: EmulatorClock) -> None:
    """With `lasts`, it ends so much later than it begins, by the emulator's clock, for good."""
    handle = board.add(Fault.status(500), after=timedelta(hours=1), lasts=timedelta(minutes=5))
    other = board.add("sts_down")
    assert board.in_force == (handle, other)
    clock.shift(hours=1, minutes=4, seconds=59)
    assert apply(board).status == 500
    clock.shift(seconds=1)
    assert board.in_force == (other,)
    assert board.ended == (handle,)
    assert apply(board).status == 200
    assert handle.hits == 1
    board.add(Fault.status(500), lasts=timedelta(seconds=1))
    clock.shift(seconds=1)
    assert apply(board).status == 200


def test_what_is_used_up_is_in_force_no_more(board: FaultBoard) -> None:
    """The last hit takes a fault off the list; it still tells its hits, and can be removed."""
    other, handle = board.add("sts_down"), board.add(Fault.status(500), "imds", times=1)
    apply(board)
    assert board.in_force == (other,)
    assert board.ended == board.view("imds").ended == (handle,)
    assert board.view("sts").ended == ()
    handle.remove()
    assert board.ended == ()
    assert handle.hits == 1


def test_clearing_forgets_what_has_ended(board: FaultBoard) -> None:
    """A board that was cleared is as new."""
    board.add(Fault.status(500), times=1)
    apply(board)
    board.clear()
    assert board.ended == ()


def test_what_has_ended_is_not_kept_for_ever(board: FaultBoard) -> None:
    """Only the latest thousand are remembered."""
    handles = [board.add(Fault.delay(0), times=1) for _ in range(1001)]
    apply(board)
    assert board.ended == tuple(handles[1:])


def test_a_hit_may_come_after_the_fault_was_removed(board: FaultBoard) -> None:
    """A request that had found it already is met all the same, and nothing is remembered of it."""
    handle = board.add(Fault.status(500), times=1, condition=lambda _: handle.remove() is None)
    assert apply(board).status == 500
    assert board.ended == ()


NIGHTLY = "acs%3Aram%3A%3A1%3Arole%2Fnightly"
FORM = Headers({"Content-Type": "application/x-www-form-urlencoded"}.items())
DIRECTORY = "/latest/meta-data/ram/security-credentials"


@pytest.mark.parametrize(
    ("asked", "met"),
    [
        (("RoleCredential", "imds", f"{DIRECTORY}/nightly"), True),
        (("RoleCredential", "imds", f"{DIRECTORY}/night%6cy/"), True),
        (("RoleCredential", "imds", f"{DIRECTORY}/daily"), False),
        (("RoleName", "imds", f"{DIRECTORY}/"), False),
        (("Metadata", "imds", "/latest/meta-data/nightly"), False),
        (("Credential", "credentials_uri", f"/?RoleArn={NIGHTLY}"), False),
        (("AssumeRole", "sts", f"/?RoleArn={NIGHTLY}"), True),
        (("AssumeRoleWithOIDC", "sts", f"/?RoleArn={NIGHTLY}"), True),
        (("AssumeRoleWithSAML", "sts", f"/?RoleArn={NIGHTLY}"), True),
        (("AssumeRole", "sts", "/?RoleArn=nightly"), False),
        (("AssumeRole", "sts", "/"), False),
        (("GetCallerIdentity", "sts", f"/?RoleArn={NIGHTLY}"), False),
    ],
)
def test_a_fault_may_concern_a_role(board: FaultBoard, asked: tuple[str, str, str], met: bool) -> None:
    """The role is the one that the path, or `RoleArn`, names; requests about none are not met."""
    board.add(Fault.status(500), role="night*")
    assert (apply(board, *asked).status == 500) is met


def test_what_is_about_a_role_can_be_asked() -> None:
    """The operations that name one are operations of their services."""
    for service, operations in ABOUT_ROLES.items():
        assert set(operations) <= set(SERVICES[service][0].operations)


def test_the_role_may_stand_in_a_form(board: FaultBoard) -> None:
    """Parameters of STS come in the query or in the body."""
    board.add(Fault.status(500), role="nightly")
    for role, status in (("nightly", 500), ("daily", 200)):
        body = f"RoleArn=acs:ram::1:role/{role}".encode()
        reply = apply(board, "AssumeRoleWithOIDC", "sts", "/?Action=x", headers=FORM, body=body)
        assert reply.status == status


@pytest.mark.parametrize(
    ("when", "met"),
    [
        ({}, True),
        ({"header x-token": "good*"}, True),
        ({"header X-Token": "bad*"}, False),
        ({"header X-Token": True}, True),
        ({"header X-Token": False}, False),
        ({"header X-Other": False}, True),
        ({"header X-Other": "*"}, False),
        ({"parameter Format": "JSON"}, True),
        ({"parameter format": True}, False),
        ({"parameter Empty": ""}, True),
        ({"parameter RoleSessionName": "night-*"}, True),
        ({"parameter RoleSessionName": "night-*", "header X-Token": "bad"}, False),
    ],
)
def test_a_fault_may_hold_while_requests_say_something(
    board: FaultBoard, when: dict[str, str | bool], met: bool
) -> None:
    """Headers and parameters are held against globs, or against whether they are there; all must fit."""
    board.add(Fault.status(500), when=when)
    headers = Headers([*FORM.items(), ("X-Token", "good one")])
    body = b"RoleSessionName=night-1&Empty="
    assert (apply(board, path="/?Format=JSON", headers=headers, body=body).status == 500) is met


def test_a_body_that_cannot_be_read_says_nothing(board: FaultBoard) -> None:
    """It has no parameters, and is the fake's to refuse."""
    board.add(Fault.status(500), when={"parameter A": True})
    assert apply(board, headers=FORM, body=b"A=%ff").status == 200


def test_a_condition_is_text_or_a_truth(board: FaultBoard) -> None:
    """Anything else is a mistake where the fault is added."""
    with pytest.raises(TypeError, match="'header A' is held against a text or against true or false, not 5"):
        board.add(Fault.reset(), when={"header A": 5})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"when": {"cookie A": "x"}}, "'cookie A' is nothing a request has; write 'header NAME'"),
        ({"when": {"header": "x"}}, "'header' is nothing a request has"),
        ({"lasts": timedelta(0)}, "lasts is longer than nothing, not 0s"),
        ({"lasts": timedelta.max}, "lasts is .*d.*, which is longer than any clock goes"),
        ({"after": timedelta.max}, "after is .*, which is longer than any clock goes"),
        ({"role": "x", "service": "oidc"}, r"about a role; those that are: imds\.RoleCredential, sts\."),
        ({"role": "x", "operation": "Token"}, "no such request is about a role"),
    ],
)
def test_a_condition_that_nothing_could_meet_is_refused(
    board: FaultBoard, arguments: dict[str, Any], message: str
) -> None:
    """The message says what can be asked."""
    with pytest.raises(ValueError, match=message):
        board.add(Fault.reset(), **arguments)
    assert board.in_force == ()


@pytest.mark.parametrize("place", [{"service": "imds"}, {"operation": "Token"}])
def test_a_refusal_where_nobody_has_codes_is_refused(board: FaultBoard, place: dict[str, str]) -> None:
    """It would meet no request; the message says who has codes, and what does for the others."""
    with pytest.raises(
        ValueError, match=r"imds.* has no codes to refuse with, as sts have; a status or a body"
    ):
        board.add(Fault.refusal("Throttling"), **place)
    board.add(Fault.refusal("Throttling"), operation="AssumeRole")


def overtaken(handle: FaultHandle, step: int) -> bool:
    """Remove a fault, and once more when that has got so far; return whether it ever does."""
    steps = itertools.count()
    reached: list[int] = []

    def trace(frame: FrameType, event: str, _argument: object) -> Any:
        if frame.f_code is not FaultHandle.remove.__code__:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode" and next(steps) == step:
            reached.append(step)
            # Nothing is traced meanwhile.
            handle.remove()
        return trace

    before = sys.gettrace()
    # Python 3.12 looks only now whether anybody wants them.
    sys._getframe().f_trace_opcodes = True
    sys.settrace(trace)
    try:
        handle.remove()
    finally:
        sys.settrace(before)
    return bool(reached)


def test_a_fault_ends_once_however_many_remove_it() -> None:
    """Wherever one that removes it is overtaken by another, the world is put back once."""
    for step in itertools.count():
        ends: list[int] = []
        if not overtaken(FaultHandle("a fault", None, partial(ends.append, step)), step):
            break
        assert ends == [step]
    assert step > 5


def test_a_view_implies_its_service(board: FaultBoard) -> None:
    """What is added to one service's board leaves the others alone, and clears alone."""
    board.add(Fault.status(503), service="credentials_uri")
    view = board.view("imds")
    view.add(Fault.status(500))
    assert apply(board).status == 500
    assert apply(board, "Credential", "credentials_uri").status == 503
    view.clear()
    assert apply(board).status == 200
    assert apply(board, "Credential", "credentials_uri").status == 503


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("imds_dwon",), "no outage is called 'imds_dwon'; known: .*imds_down"),
        ((Fault.reset(), "imsd"), "no service is called 'imsd'; known: imds, credentials_uri"),
        ((Fault.reset(), "imds", "Tokne"), "no operation is called 'Tokne'; known: .*Token"),
        (("imds_down", "credentials_uri"), "concerns the service 'imds'"),
        (("imds_token_forbidden", None, "RoleName"), "concerns the operation 'Token'"),
        ((Fault.reset(), None, None, 0), "times is at least 1"),
        (("role_detached", None, None, 1), "takes no condition"),
        (("role_detached", None, "Token"), "takes no condition"),
        ((Fault.skew(timedelta(1)), None, None, 1), "takes no condition"),
    ],
)
def test_nonsense_is_refused_with_what_is_known(board: FaultBoard, arguments: Any, message: str) -> None:
    """A misspelt or contradictory fault is an error at once, and is not in force."""
    with pytest.raises(ValueError, match=message):
        board.add(*arguments)
    assert apply(board) == text("whole")


@pytest.mark.parametrize(
    "make",
    [
        lambda: Fault.status(99),
        lambda: Fault.status(600),
        lambda: Fault.delay(-1),
        lambda: Fault.truncate(-1),
        lambda: Fault.drip(0),
        lambda: Fault.drip(1, -1),
    ],
)
def test_faults_check_their_arguments(make: Callable[[], Fault]) -> None:
    """A fault that cannot be is refused when it is made."""
    with pytest.raises(ValueError, match=r"not -?[0-9]"):
        make()


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: Fault.body("text"), TypeError),
        (lambda: Fault.body(b"", content_type="\u4f60"), ValueError),
        (lambda: Fault.body(b"", content_type=None), TypeError),
        (lambda: Fault.body(b"", status=99), ValueError),
        (lambda: Fault.status(500, "text"), TypeError),
        (lambda: Fault.status(302, headers={"Location": "http://\u4f60"}), ValueError),
        (lambda: Fault.status(302, headers={"Retry-After": 1}), TypeError),
        (lambda: Fault.status(302, headers={"Location": "/\r\nX: y"}), ValueError),
        (lambda: Fault.status(302, headers={"Location\n": "/"}), ValueError),
        (lambda: Fault.body(b"", content_type="text/html\0"), ValueError),
        (lambda: Fault.skew(5), TypeError),
    ],
)
def test_an_answer_that_has_no_bytes_is_refused(make: Callable[[], Fault], error: type[Exception]) -> None:
    """What could not be sent is an error where the fault is made, not in the server's thread."""
    with pytest.raises(error):
        make()


def test_a_named_outage_has_its_place(board: FaultBoard) -> None:
    """The name of an outage stands for its fault, its service and its operation."""
    board.add("imds_token_forbidden")
    assert apply(board, "Token").status == 403
    assert apply(board, "Token").detail == "fault: imds_token_forbidden"
    assert apply(board, "RoleName").status == 200


def test_every_outage_can_be_added_and_undone(small_world: World, board: FaultBoard) -> None:
    """Each named outage says what it means, and leaves the world as it was."""
    for name, outage in outages(small_world).items():
        assert outage.meaning
        board.add(name).remove()
    assert small_world.instance.role is small_world.role
    assert small_world.clock.skewed_by == timedelta(0)
    assert apply(board) == text("whole")


def test_outages_of_the_world_last_until_removed(small_world: World, board: FaultBoard) -> None:
    """An outage may change the world, and undoes it when it ends."""
    detached, behind = board.add("role_detached"), board.add("clock_behind")
    assert small_world.instance.role is None
    assert small_world.clock.skewed_by == timedelta(hours=-1)
    assert apply(board) == text("whole")
    assert detached.hits == 0
    detached.remove()
    behind.remove()
    assert small_world.instance.role is small_world.role
    assert small_world.clock.skewed_by == timedelta(0)


def test_the_clients_clock_may_be_wrong_by_any_time(small_world: World, board: FaultBoard) -> None:
    """A skew is a fault with a handle: while it is in force, and right again after."""
    with board.add(Fault.skew(timedelta(days=-1))) as handle:
        assert small_world.clock.skewed_by == timedelta(days=-1)
        assert (handle.name, board.in_force) == ("skew(-1d)", (handle,))
        with board.add("clock_ahead"):
            assert small_world.clock.skewed_by == timedelta(hours=1)
        assert small_world.clock.skewed_by == timedelta(days=-1)
    assert small_world.clock.skewed_by == timedelta(0)


def test_nested_outages_unwind_in_order(small_world: World, board: FaultBoard) -> None:
    """Clearing undoes the latest first, so that the world is as it was before the first."""
    small_world.clock.skew(5)
    board.add("clock_behind")
    board.add("clock_ahead")
    board.clear()
    assert small_world.clock.skewed_by == timedelta(seconds=5)


@pytest.mark.parametrize("names", [("role_detached", "role_detached"), ("clock_behind", "clock_ahead")])
def test_outages_of_the_world_end_in_any_order(
    small_world: World, board: FaultBoard, names: tuple[str, str]
) -> None:
    """The first to begin may end first: the other stays in force, and the last to end restores."""
    first, second = map(board.add, names)
    during = (small_world.instance.role, small_world.clock.skewed_by)
    first.remove()
    assert (small_world.instance.role, small_world.clock.skewed_by) == during
    second.remove()
    assert small_world.instance.role is small_world.role
    assert small_world.clock.skewed_by == timedelta(0)


def test_an_earlier_outage_is_in_force_again_when_a_later_one_ends(
    small_world: World, board: FaultBoard
) -> None:
    """Of outages that set the same, the latest that has not ended decides."""
    board.add("clock_behind")
    with board.add("clock_ahead"):
        assert small_world.clock.skewed_by == timedelta(hours=1)
    assert small_world.clock.skewed_by == timedelta(hours=-1)


def test_an_expired_credential_is_expired_in_a_document_that_names_no_end(board: FaultBoard) -> None:
    """A credential without an end, such as an AccessKey pair behind a URI, is given one that has passed."""
    board.add(Fault.expired())
    key = {"AccessKeyId": "x", "AccessKeySecret": "x"}
    reply = apply(board, "Credential", "credentials_uri", answer=lambda: document(key))
    assert json.loads(reply.payload)["Expiration"] < "2026-01-02T03:04:05Z"
