import json
from datetime import timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServerError

from alicred_emulator.clock import EmulatorClock
from alicred_emulator.emulator import Emulator
from alicred_emulator.faults import Fault
from alicred_emulator.oidc.issuer import OidcIssuer
from alicred_emulator.ram.trust import trust_policy

ROLE_PATH = "/latest/meta-data/ram/security-credentials/"


def test_the_default_world_is_ready(world: Emulator) -> None:
    """There is an account, a user with keys, and a role that is attached to the instance."""
    assert len(world.account_id) == 16
    assert world.user.arn == f"acs:ram::{world.account_id}:user/{world.user.name}"
    assert world.user.access_key_id.startswith("LTAI")
    assert world.role.arn == f"acs:ram::{world.account_id}:role/{world.role.name}"
    assert world.instance.role is world.role
    assert world.ram.role(world.role.name) is world.role
    assert world.ledger.credentials == ()


def test_services_are_found_by_name(world: Emulator) -> None:
    """Each service has a name, a URL without a slash at its end, and a port of its own."""
    assert dict(world.services) == {
        "imds": world.imds,
        "sts": world.sts,
        "credentials_uri": world.credentials_uri,
        "oidc": world.oidc,
        "ecs_api": world.ecs_api,
        "cloud_sso": world.cloud_sso,
        "oauth": world.oauth,
    }
    assert world.imds.url == f"http://127.0.0.1:{world.imds.port}"
    assert len({service.port for service in world.services.values()}) == len(world.services)


def test_a_wildcard_address_is_published_as_loopback() -> None:
    """A service that listens everywhere is reached from here at 127.0.0.1."""
    with Emulator(host="0.0.0.0") as everywhere:
        assert everywhere.imds.url == f"http://127.0.0.1:{everywhere.imds.port}"


def test_env_names_the_endpoints(world: Emulator) -> None:
    """An instance has its metadata address; the other identities have what is theirs as well."""
    assert world.env("ecs") == {
        "ALIBABA_CLOUD_IMDS_ENDPOINT": world.imds.url,
        "ALIBABA_CLOUD_STS_ENDPOINT": world.sts.url,
    }
    assert world.env("uri") == world.env() | {"ALIBABA_CLOUD_CREDENTIALS_URI": world.credentials_uri.url}
    assert world.env("user") == world.env() | {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": world.user.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": world.user.access_key_secret,
        "ALIBABA_CLOUD_ROLE_ARN": world.role.arn,
    }
    assert world.env("rrsa") == world.env() | {
        "ALIBABA_CLOUD_ROLE_ARN": world.role.arn,
        "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": world.oidc.provider_arn,
        "ALIBABA_CLOUD_OIDC_TOKEN_FILE": str(world.oidc.token_file),
        "ALIBABA_CLOUD_STS_REGION": "cn-hangzhou",
        "ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED": "true",
    }
    with pytest.raises(ValueError, match="no identity is called 'root'; known: ecs, user, rrsa, uri"):
        world.env("root")


def test_unknown_services_have_no_port() -> None:
    """A port for a service that does not exist is a mistake."""
    with pytest.raises(ValueError, match="no service is called imsd; known: imds, sts, credentials_uri"):
        Emulator(ports={"imsd": 1})


def test_one_journal_has_all_services_in_order(world: Emulator, ask: Any) -> None:
    """The emulator's journal is the whole story, each service's is its part of it."""
    ask(world.imds, ROLE_PATH)
    ask(world.credentials_uri, "/credentials")
    ask(world.imds, ROLE_PATH + "demo-role")
    world.journal.assert_requests(["RoleName", "Credential", "RoleCredential"])
    world.imds.journal.assert_requests([f"GET {ROLE_PATH}", f"GET {ROLE_PATH}demo-role"])
    assert world.credentials_uri.journal[0].service == "credentials_uri"


def test_the_journal_has_the_emulators_time(world: Emulator, ask: Any, clock: EmulatorClock) -> None:
    """Entries are dated by the fakes' clock."""
    clock.shift(days=3)
    ask(world.imds, "/")
    assert world.journal[0].time == clock.now()


def test_a_life_of_a_credential_over_the_wire(world: Emulator, ask: Any, clock: EmulatorClock) -> None:
    """The same document until 30 minutes before its end, then the next."""

    def fetch() -> dict[str, str]:
        document: dict[str, str] = json.loads(ask(world.imds, ROLE_PATH + "demo-role")[1])
        return document

    first = fetch()
    clock.shift(hours=5, minutes=29, seconds=59)
    assert fetch() == first
    clock.shift(seconds=1)
    assert fetch()["LastUpdated"] == "2026-01-02T08:34:05Z"


def test_reset_makes_everything_as_it_was(world: Emulator, ask: Any) -> None:
    """World, clock, journal, faults and settings are new; the servers stay."""
    port, first_role = world.imds.port, world.role
    ask(world.credentials_uri, "/credentials")
    world.instance.role = None
    world.instance.metadata["mac"] = "x"
    world.ram.add_role("other")
    world.faults.add("clock_behind")
    world.faults.add(Fault.status(500))
    world.credentials_uri.set_response({})
    world.clock.shift(days=1)
    world.reset()
    assert world.imds.port == port
    assert not world.clock.standing
    assert world.clock.skewed_by == timedelta(0)
    assert len(world.journal) == 0
    assert world.ledger.credentials == ()
    assert world.role is not first_role
    assert world.role.arn == first_role.arn
    assert world.instance.role is world.role
    assert world.instance.metadata["mac"] != "x"
    with pytest.raises(LookupError):
        world.ram.role("other")


def test_a_reset_mends_what_was_changed_in_place(world: Emulator) -> None:
    """A test may change anything that it is handed, however deep: the next world has none of it."""

    def state() -> str:
        keys = [(key.access_key_id, key.access_key_secret, key.status) for key in world.user.access_keys]
        parts = (
            dict(world.instance.metadata),
            world.instance.tags,
            world.role.trust_policy,
            world.user.may_assume_roles,
            world.saml.entity_id,
            world.sts.accepts_plus_for_space,
        )
        return repr((keys, parts))

    before = state()
    for value in world.instance.metadata.values():
        if isinstance(value, list):
            value.append("x")
    policy: Any = world.role.trust_policy
    policy["Statement"][0]["Principal"]["RAM"].append("x")
    world.user.access_keys[0].status = "Inactive"
    world.user.add_access_key()
    world.user.may_assume_roles = False
    world.instance.tags["x"] = "y"
    world.saml.entity_id = "x"
    world.sts.accepts_plus_for_space = True
    assert state() != before
    world.reset()
    assert state() == before


def test_a_start_that_fails_leaves_things_as_they_were() -> None:
    """What runs already goes on, and what was started on the way is stopped."""
    emulator = Emulator()
    with emulator.oidc:
        with pytest.raises(HTTPServerError, match="oidc is running already"):
            emulator.start()
        assert [service.name for service in emulator.services.values() if service.is_running()] == ["oidc"]


def test_whoever_asks_in_the_middle_of_a_reset_leaves_nothing_behind(
    world: Emulator, ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread of the test before may meet half of each world: what became of it is no news of the next."""
    make_anew = world._world.reset

    def interrupted() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(world._world, "instance", None)
            assert ask(world.imds, "/latest/meta-data/instance-id")[0] == 500
        make_anew()

    monkeypatch.setattr(world._world, "reset", interrupted)
    world.reset()
    world.imds.check()
    assert len(world.journal) == 0


def test_a_reset_signs_no_token(world: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock goes back to before the issue of the one in the file, which nobody asks for any more."""
    signed: list[str] = []
    issue = OidcIssuer.issue_token

    def noted(issuer: OidcIssuer, **options: Any) -> str:
        signed.append(issue(issuer, **options))
        return signed[-1]

    monkeypatch.setattr(OidcIssuer, "issue_token", noted)
    world.clock.shift(hours=5)
    file = world.oidc.token_file
    world.reset()
    assert len(signed) == 1
    assert world.oidc.token_file == file
    assert len(signed) == 2


def test_after_a_reset_the_services_answer_as_at_the_start(world: Emulator, ask: Any) -> None:
    """No fault, handler or response of one test reaches the next."""
    world.credentials_uri.set_response({}, status=500)
    world.imds.faults.add("imds_error")
    world.reset()
    assert ask(world.imds, "/")[0] == 200
    assert ask(world.credentials_uri, "/credentials")[0] == 200


def test_every_world_makes_the_same_keys(clock: EmulatorClock) -> None:
    """Runs can be compared: the n-th credential is always the same."""
    first, second = Emulator(clock=clock), Emulator(clock=clock)
    assert first.user.access_key_id == second.user.access_key_id
    assert first.instance.credential_of(first.role).access_key_id == (
        second.instance.credential_of(second.role).access_key_id
    )


def test_no_repr_shows_a_secret(world: Emulator, ask: Any) -> None:
    """Whatever pytest prints of the emulator's values holds no secret and no whole key id."""
    ask(world.imds, ROLE_PATH + "demo-role", headers={"X-aliyun-ecs-metadata-token": "x"})
    ask(world.imds, ROLE_PATH + "demo-role")
    issued = world.ledger.credentials[0]
    configuration, fault = world.cloud_sso.access_configuration, world.faults.add("imds_down")
    values = [world, world.user, world.role, world.journal, *world.journal, issued, world.clock]
    values += [configuration, fault]
    shown = "".join(map(repr, [*values, world.instance.metadata])) + world.journal.render()
    for secret in (
        issued.access_key_id,
        issued.access_key_secret,
        issued.security_token,
        world.user.access_key_id,
        world.user.access_key_secret,
    ):
        assert secret not in shown


@pytest.mark.parametrize("when", ["1970-01-01T00:00:00Z", "9998-12-31T23:59:59Z"])
def test_the_ends_of_the_clock_are_served(world: Emulator, ask: Any, when: str) -> None:
    """Credentials, tokens and the longest lifetime work at the first and the last moment there is."""
    world.clock.move_to(when)
    world.instance.credential_lifetime = timedelta(days=365)
    world.credentials_uri.credential_lifetime = timedelta(days=365)
    world.faults.add(Fault.delay(0))
    ttl = {"X-aliyun-ecs-metadata-token-ttl-seconds": "21600"}
    assert ask(world.imds, "/latest/api/token", "PUT", ttl)[0] == 200
    assert ask(world.imds, ROLE_PATH + "demo-role")[0] == 200
    assert ask(world.credentials_uri, "/credentials")[0] == 200
    with world.faults.add(Fault.expired()):
        assert ask(world.imds, ROLE_PATH + "demo-role")[0] == 200


def test_a_trust_policy_that_was_changed_before_the_start_is_kept(clock: EmulatorClock) -> None:
    """The default one follows the issuer to its URL; one that somebody wrote stays as it was written."""
    written = trust_policy(service="ecs.aliyuncs.com")
    world = Emulator(clock=clock)
    world.role.trust_policy = written
    with world:
        assert world.role.trust_policy == written
