"""Answers per second of the metadata service against moto's, which is the fake of another cloud's.

Both are asked for the role's name with a token, by the same client in a third process. moto's closes each
connection after one answer, so its figures hold the making of connections.
"""

import urllib.request
from contextlib import ExitStack

from benchmarks.fake_process import fake_imds
from benchmarks.measure import Effort
from benchmarks.moto_process import moto_server
from benchmarks.processes import ChildFailed
from benchmarks.row import Row, missing
from benchmarks.throughput import Answers, Load, counted, load_on, measured
from benchmarks.units import times
from benchmarks.wire import address_of, http_request

_BAR = 4.0
_PATH = "/latest/meta-data/ram/security-credentials/"
_MOTOS_PATH = "/latest/meta-data/iam/security-credentials/"
_TOKEN = "X-aliyun-ecs-metadata-token"
_MOTOS_TOKEN = "X-aws-ec2-metadata-token"


def measure(effort: Effort) -> list[Row]:
    """Return a row for one connection and one for eight."""
    absent = ""
    with ExitStack() as stack:
        loads = {"ours": _listing(stack.enter_context(fake_imds()), _PATH, _TOKEN)}
        try:
            loads["moto"] = _listing(stack.enter_context(moto_server()), _MOTOS_PATH, _MOTOS_TOKEN)
        except ChildFailed as failure:
            absent = str(failure)
        found = measured(loads, effort.pick(7, 2))
    return [_row(connections, answers, absent) for connections, answers in found.items()]


def _listing(url: str, path: str, header: str) -> Load:
    ttl = {f"{header}-ttl-seconds": "21600"}
    asking = urllib.request.Request(f"{url}/latest/api/token", method="PUT", headers=ttl)
    with urllib.request.urlopen(asking) as answer:
        token = answer.read().decode()
    host, port = address_of(url)
    return load_on(url, "load", http_request("GET", path, f"{host}:{port}", {header: token}).decode())


def _row(connections: int, found: dict[str, Answers], absent: str) -> Row:
    ours = found["ours"]
    what = f"IMDS fake, role listing, {counted(connections)} (medians)"
    told = str(ours) if ours.kept else f"{ours}, connections closed"
    bar = f"at least {_BAR:g}x moto_server"
    if "moto" not in found:
        return Row(what=what, ours=told, beside=[missing("moto_server", absent)], bar=bar)
    moto = found["moto"]
    compared = ours.compared_with(moto)
    return Row(
        what=what,
        ours=told,
        beside=[f"moto_server: {moto}" + ("" if moto.kept else ", closes each connection")],
        ratio=f"{times(compared)} moto_server",
        bar=bar,
        holds=compared >= _BAR,
        used=_BAR / compared,
        of_peer=1 / compared,
        peer="moto_server",
    )
