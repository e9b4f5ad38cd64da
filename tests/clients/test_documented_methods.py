"""The programs of docs/credential-methods.md, each run as its reader would run it, on the instance."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "credential-methods.md"
SECTIONS = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
PROGRAMS = [
    (section.partition("\n")[0], program)
    for section in SECTIONS
    for program in re.findall(r"^```python\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
]
METHODS = {
    "AccessKey pair": None,
    "STS token": "sts/AssumeRole",
    "RAM role": "sts/AssumeRole",
    "ECS instance role": "imds",
    "OIDC role": "sts/AssumeRoleWithOIDC",
    "Credentials URI": "credentials_uri",
    "Bearer token": None,
    "RSA key pair": "sts/GenerateSessionAccessKey",
}
"""Each method of the page to the fake that issues its credential."""


def session_of(emulator):
    """Return a session of the default role, as somebody else would have obtained it."""
    return emulator.ledger.issue(
        holder=emulator.role.session("somebody-else"),
        origin="sts/AssumeRole",
        issued_at=emulator.clock.now().replace(microsecond=0),
        lifetime=timedelta(hours=1),
    )


def variables_of(method, emulator, tmp_path):
    if method == "STS token":
        session = session_of(emulator)
        return {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": session.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": session.access_key_secret,
            "ALIBABA_CLOUD_SECURITY_TOKEN": session.security_token,
        }
    if method == "Bearer token":
        return {"ALIBABA_CLOUD_BEARER_TOKEN": emulator.user.add_bearer_token()}
    if method == "RSA key pair":
        file = tmp_path / "private-key.pem"
        file.write_text(emulator.key_pair.private_key_pem)
        return {"PUBLIC_KEY_ID": emulator.key_pair.public_key_id, "PRIVATE_KEY_FILE": str(file)}
    return {**emulator.env("user"), **emulator.env("rrsa"), **emulator.env("uri")}


@pytest.mark.parametrize(("method", "program"), PROGRAMS, ids=[method for method, _ in PROGRAMS])
def test_a_program_of_the_page_makes_its_call(
    method, program, alicred_on_ecs, alicred_frozen_process, monkeypatch, tmp_path, capsys
):
    """It prints 200, and the credential it used is the one that the method is about."""
    for name, value in variables_of(method, alicred_on_ecs, tmp_path).items():
        monkeypatch.setenv(name, value)
    exec(compile(program, str(PAGE), "exec"), {})
    assert capsys.readouterr().out == "200\n"
    assert METHODS[method] in {one.origin for one in alicred_on_ecs.ledger.credentials} | {None}


def test_the_page_has_every_method():
    """The seven explicit methods of Alibaba's documentation, and the key pair."""
    assert [section.partition("\n")[0] for section in SECTIONS] == list(METHODS)
    assert {method for method, _ in PROGRAMS} == set(METHODS)
