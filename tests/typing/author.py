"""A test author's tests, as a type checker sees them: what each fixture is, and what hangs on it."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from typing_extensions import assert_type

from alicred import Client, Config, CredentialException, testing
from alicred_emulator import (
    ChildPlace,
    CloudSsoService,
    CredentialsUriService,
    Emulator,
    EmulatorClock,
    Entry,
    Fault,
    FaultHandle,
    Instance,
    IssuedCredential,
    Journal,
    Ledger,
    OAuthService,
    OidcService,
    Ram,
    Role,
    Service,
    StsService,
    User,
    trust_policy,
)
from alicred_emulator.scenarios import Outcome, Story, Subject, each_story, run


@pytest.fixture
def client(alicred_emulator: Emulator) -> Client:
    """A fixture that asks for another."""
    return Client(Config(type="ecs_ram_role", role_name=alicred_emulator.role.name))


def test_the_clock(client: Client, alicred_emulator: Emulator, alicred_clock: EmulatorClock) -> None:
    """Move it."""
    assert_type(alicred_emulator.clock, EmulatorClock)
    alicred_clock.shift(hours=5, minutes=45)
    alicred_clock.shift(timedelta(seconds=-1))
    alicred_clock.move_to("2026-01-02T03:04:05Z")
    alicred_clock.shift("1h")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    alicred_clock.shift(hour=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    with pytest.raises(CredentialException):
        client.get_credential()
    testing.use_clock(alicred_clock.client_time)


def test_the_services(
    alicred_imds: Service,
    alicred_sts: StsService,
    alicred_credentials_uri: CredentialsUriService,
    alicred_on_ecs: Emulator,
    alicred_frozen_process: EmulatorClock,
) -> None:
    """Ask each for what it has."""
    alicred_imds.expect_request("/latest/meta-data/instance-id").respond_with_data("i-mine")
    alicred_sts.accepts_plus_for_space = True
    alicred_credentials_uri.set_response({"Code": "Failed"}, status=500)
    alicred_credentials_uri.set_response(500)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert_type(alicred_on_ecs.oidc, OidcService)
    assert_type(alicred_on_ecs.cloud_sso, CloudSsoService)
    assert_type(alicred_on_ecs.oauth, OAuthService)
    assert_type(alicred_on_ecs.services["sts"], Service)
    assert_type(alicred_on_ecs.oidc.issue_token(lifetime=timedelta(minutes=10)), str)
    assert_type(alicred_on_ecs.oidc.token_file, Path)
    assert_type(alicred_frozen_process.skewed_by, timedelta)


def test_what_was_asked(alicred_emulator: Emulator, alicred_imds: Service) -> None:
    """Read the journal and the ledger."""
    journal, ledger = alicred_imds.journal, alicred_emulator.ledger
    assert_type(journal, Journal)
    assert_type(journal[0], Entry)
    assert_type(journal[1:], list[Entry])
    assert_type([entry.status for entry in journal], list[int | None])
    assert_type(journal.count("GET", "/latest/*"), int)
    assert_type(ledger, Ledger)
    assert_type(ledger.get("STS.example"), IssuedCredential | None)
    assert_type(ledger.credentials, tuple[IssuedCredential, ...])
    assert ledger.get("STS.example").uses == 0  # type: ignore[union-attr]  # pyright: ignore[reportOptionalMemberAccess]


def test_what_goes_wrong(alicred_emulator: Emulator, alicred_sts: StsService) -> None:
    """Put faults in force."""
    faults = alicred_emulator.faults
    handle = faults.add(Fault.status(503), service="imds", times=2, after=timedelta(minutes=1))
    assert_type(handle, FaultHandle)
    assert_type(handle.hits, int)
    with faults.add("imds_down") as down:
        assert_type(down, FaultHandle)
    alicred_sts.faults.add(Fault.body(b"{}", status=400), condition=lambda request: request.secure)
    faults.add(503)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    faults.add(Fault.delay("1 s"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    faults.add(Fault.reset(), after=60)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_another_world(alicred_emulator: Emulator) -> None:
    """Make users and roles, and change the instance."""
    user = alicred_emulator.ram.add_user("auditor")
    role = alicred_emulator.ram.add_role(
        "audited", trust_policy=trust_policy(ram=user.arn), max_session_duration=7200
    )
    assert_type(alicred_emulator.ram, Ram)
    assert_type(user, User)
    assert_type(role, Role)
    assert_type(alicred_emulator.instance, Instance)
    alicred_emulator.instance.role = role.name
    alicred_emulator.instance.role = None
    alicred_emulator.instance.credential_lifetime = timedelta(hours=1)
    alicred_emulator.instance.credential_lifetime = 3600  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    assert_type(alicred_emulator.env("user"), dict[str, str])


def test_a_child(alicred_child: ChildPlace) -> None:
    """Start a program."""
    assert_type(alicred_child.command(["node", "app.js"]), list[str])
    assert_type(alicred_child.env, dict[str, str])


@each_story("expiry*")
def test_a_story(story: Story, subject: Subject, alicred_emulator: Emulator) -> None:
    """Tell it."""
    outcome = run(story, subject, alicred_emulator)
    assert_type(outcome, Outcome)
    outcome.check()


def started(make: Callable[[], Emulator]) -> str:
    """Run one without pytest."""
    with Emulator(ports={"imds": 0}) as emulator, make() as other:
        assert_type(other, Emulator)
        return emulator.imds.url
