"""Answers per second of STS, each signature verified, against moto's, which is the fake of another cloud's.

All are asked to assume a role by one client in a third process, over HTTP without TLS. To ours every request
is another one, since a nonce is used once; moto's clients send none, so that one request does. moto verifies
nothing as it comes, and can be told to; both are measured. It closes each connection after one answer, so its
figures hold the making of connections. Whether who forges a signature is refused is asked first.
"""

from contextlib import ExitStack

from benchmarks.assume_role import FORM_TYPE, Caller, Forms, timestamp_now
from benchmarks.fake_process import fake_sts
from benchmarks.measure import Effort
from benchmarks.moto_sts import assume_role_request, moto_sts
from benchmarks.processes import ChildFailed
from benchmarks.row import Row, missing
from benchmarks.throughput import Answers, Load, counted, load_on, measured
from benchmarks.units import times
from benchmarks.wire import address_of, http_request, status_of

_BAR = 3.0
_AS_IT_COMES = "moto_server, which verifies nothing"
_AUTHENTICATING = "moto_server, authentication on"
_SHORTLY = {_AS_IT_COMES: "as it comes", _AUTHENTICATING: "with it on"}


def measure(effort: Effort) -> list[Row]:
    """Return a row for one connection and one for eight."""
    absent = ""
    with ExitStack() as stack:
        loads = {"ours": _ours(*stack.enter_context(fake_sts()))}
        try:
            for name, authenticating in {_AS_IT_COMES: False, _AUTHENTICATING: True}.items():
                server = stack.enter_context(moto_sts(authenticating=authenticating))
                loads[name] = _motos(*server, authenticating=authenticating)
        except ChildFailed as failure:
            absent = str(failure)
        found = measured(loads, effort.pick(7, 2))
    return [_row(connections, answers, absent) for connections, answers in found.items()]


def _ours(url: str, caller: Caller) -> Load:
    host, port = address_of(url)
    form = Forms(_forger(caller)).signed(timestamp_now(), "forged")
    _expect(400, url, http_request("POST", "/", f"{host}:{port}", {"Content-Type": FORM_TYPE}, form))
    return load_on(url, "sts_load", *caller)


def _motos(url: str, caller: Caller, *, authenticating: bool) -> Load:
    _expect(403 if authenticating else 200, url, assume_role_request(url, _forger(caller)))
    return load_on(url, "load", assume_role_request(url, caller).decode())


def _forger(caller: Caller) -> Caller:
    return caller._replace(access_key_secret="guessed")


def _expect(status: int, url: str, forged: bytes) -> None:
    answered = status_of(url, forged)
    if answered != status:
        raise AssertionError(f"a forged signature was answered with {answered}, not with {status}")


def _row(connections: int, found: dict[str, Answers], absent: str) -> Row:
    ours = found["ours"]
    others = {name: answers for name, answers in found.items() if name != "ours"}
    compared = {name: ours.compared_with(answers) for name, answers in others.items()}
    ratio = compared.get(_AS_IT_COMES)
    beside = [f"{name}: {answers}{_closing(answers)}" for name, answers in others.items()]
    return Row(
        what=f"STS fake, AssumeRole, signature verified, {counted(connections)} (medians)",
        ours=f"{ours}{_closing(ours)}",
        beside=beside + ([missing("moto_server", absent)] if absent else []),
        ratio="\n".join(f"{times(compared[name])} {_SHORTLY[name]}" for name in compared),
        bar=f"at least {_BAR:g}x moto_server as it comes",
        holds=None if ratio is None else ratio >= _BAR,
        used=None if ratio is None else _BAR / ratio,
        of_peer=None if ratio is None else 1 / ratio,
        peer="moto_server",
    )


def _closing(answers: Answers) -> str:
    return "" if answers.kept else ", closes each connection"
