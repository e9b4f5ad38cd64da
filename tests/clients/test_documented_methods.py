"""The programs of docs/credential-methods.md, each run as its reader would run it, on the instance."""

from datetime import timedelta

import pytest

from tests.docs.blocks import take

PROGRAMS = take("docs/credential-methods.md", "python")
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


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.section)
def test_a_program_of_the_page_makes_its_call(
    program, alicred_on_ecs, alicred_frozen_process, monkeypatch, tmp_path, capsys
):
    """It prints 200, and the credential it used is the one that the method is about."""
    for name, value in variables_of(program.section, alicred_on_ecs, tmp_path).items():
        monkeypatch.setenv(name, value)
    exec(compile(program.text, program.id, "exec"), {})
    assert capsys.readouterr().out == "200\n"
    assert METHODS[program.section] in {one.origin for one in alicred_on_ecs.ledger.credentials} | {None}


def test_the_page_has_every_method():
    """The seven explicit methods of Alibaba's documentation, and the key pair."""
    assert list(dict.fromkeys(program.section for program in PROGRAMS)) == list(METHODS)
