"""Answers per second of the metadata service against moto's, which is the fake of another cloud's.

Both are asked for the role's name with a token, by the same client in a third process. moto's closes each
connection after one answer, so its figures hold the making of connections.
"""

import urllib.request
from contextlib import ExitStack
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from benchmarks.fake_process import fake_imds
from benchmarks.measure import Effort
from benchmarks.moto_process import moto_server
from benchmarks.processes import ChildFailed, module, run_json
from benchmarks.row import Row, missing
from benchmarks.units import rate, times

_BAR = 4.0
_CONNECTIONS = (1, 8)
_SECONDS = 0.7
_OURS = ("/latest/meta-data/ram/security-credentials/", "X-aliyun-ecs-metadata-token-ttl-seconds")
_MOTOS = ("/latest/meta-data/iam/security-credentials/", "X-aws-ec2-metadata-token-ttl-seconds")

Found = list[dict[str, Any]]


def measure(effort: Effort) -> list[Row]:
    """Return a row for one connection and one for eight."""
    rounds = effort.pick(7, 2)
    with ExitStack() as stack:
        servers = {"ours": (stack.enter_context(fake_imds()), *_OURS)}
        absent = ""
        try:
            servers["moto"] = (stack.enter_context(moto_server()), *_MOTOS)
        except ChildFailed as failure:
            absent = str(failure)
        tokens = {name: _token(url, header) for name, (url, _, header) in servers.items()}
        found: dict[int, dict[str, Found]] = {}
        for connections in _CONNECTIONS:
            found[connections] = {name: [] for name in servers}
            for _ in range(rounds):
                for name, (url, path, _header) in servers.items():
                    found[connections][name].append(_load(url, path, tokens[name], connections))
    return [_row(connections, figures, absent) for connections, figures in found.items()]


def _token(url: str, header: str) -> str:
    asking = urllib.request.Request(f"{url}/latest/api/token", method="PUT", headers={header: "21600"})
    with urllib.request.urlopen(asking) as answer:
        return str(answer.read().decode())


def _load(url: str, path: str, token: str, connections: int) -> dict[str, Any]:
    address = urlsplit(url)
    command = module("children.load", address.hostname, address.port, path, token, connections, _SECONDS)
    return run_json(command)  # type: ignore[no-any-return]


def _row(connections: int, found: dict[str, Found], absent: str) -> Row:
    what = f"IMDS fake, role listing, {connections} connection{'s' * (connections > 1)} (medians)"
    rates = {name: [one["rate"] for one in figures] for name, figures in found.items()}
    ours = rate(median(rates["ours"])) + ("" if _kept(found["ours"]) else ", connections closed")
    bar = f"at least {_BAR:g}x moto_server"
    if "moto" not in rates:
        return Row(what=what, ours=ours, beside=[missing("moto_server", absent)], bar=bar)
    compared = median(our / their for our, their in zip(rates["ours"], rates["moto"], strict=True))
    closes = "" if _kept(found["moto"]) else ", closes each connection"
    return Row(
        what=what,
        ours=ours,
        beside=[f"moto_server: {rate(median(rates['moto']))}{closes}"],
        ratio=f"{times(compared)} moto_server",
        bar=bar,
        holds=compared >= _BAR,
    )


def _kept(figures: Found) -> bool:
    return all(one["kept"] for one in figures)
