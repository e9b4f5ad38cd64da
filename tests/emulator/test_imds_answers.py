"""Every case of `fixtures/imds_answers.toml`, asked of the fake over its socket."""

import re
import sys
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TABLE = Path(__file__).parents[2] / "fixtures" / "imds_answers.toml"
CASES = tomllib.loads(TABLE.read_text(encoding="utf-8"))["case"]
REQUIRED = {"name", "comment", "source", "request", "status"}
ALLOWED = REQUIRED | {"instance", "token", "headers", "title", "body"}
TTL = "X-aliyun-ecs-metadata-token-ttl-seconds"
TOKEN = "X-aliyun-ecs-metadata-token"


def token_of(kind, world, ask):
    if kind in {"empty", "unknown"}:
        return {"empty": "", "unknown": "nobody-issued-this"}[kind]
    _, token, _ = ask(world.imds, "/latest/api/token", "PUT", {TTL: "60"})
    if kind == "expired":
        world.clock.shift(seconds=60)
    return token.decode()


def arrange(world, changes):
    for name, value in changes.items():
        setattr(world.instance, name, None if name == "role" and value is False else value)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_fake_answers_as_the_table_says(case, world, ask):
    """Status and body are those of the case."""
    role = world.role.name
    headers = dict(case.get("headers", {}))
    if "token" in case:
        headers[TOKEN] = token_of(case["token"], world, ask)
    arrange(world, case.get("instance", {}))
    method, path = case["request"].split(" ")
    status, body, _ = ask(world.imds, path.replace("{role}", role), method, headers)
    assert status == case["status"]
    if "title" in case:
        assert re.findall(r"<title>(.*)</title>", body.decode()) == [case["title"]]
    if "body" in case:
        assert body.decode() == case["body"].replace("{role}", role)


def test_the_table_has_no_key_that_nobody_reads():
    """A misspelt key would make its case say less than it seems to."""
    for case in CASES:
        assert case.keys() >= REQUIRED, case
        assert case.keys() <= ALLOWED, case
        assert case["source"] in {"documented", "recorded", "inferred"}
    assert len({case["name"] for case in CASES}) == len(CASES)
