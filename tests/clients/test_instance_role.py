"""The ECS instance's credential, read by Alibaba's SDK and by alicred through the same fakes.

Nothing is told to the clients: they ask 100.100.100.200, as on an instance, and read the process's own time.
"""

from datetime import timedelta

import pytest

from alicred import CredentialException
from alicred_emulator import Fault

TOKEN = "PUT /latest/api/token"
LISTING = "GET /latest/meta-data/ram/security-credentials/"

pytestmark = pytest.mark.usefixtures("alicred_on_ecs", "alicred_frozen_process")

TOKEN_FAULTS = {
    "403": Fault.status(403),
    "404": Fault.status(404),
    "500": Fault.status(500),
    "reset": Fault.reset(),
    "silence": Fault.silence(),
}


@pytest.fixture(params=TOKEN_FAULTS)
def broken_token_endpoint(request, alicred_imds):
    return alicred_imds.faults.add(TOKEN_FAULTS[request.param], operation="Token")


def document(emulator):
    return f"{LISTING}{emulator.role.name}"


def test_the_instances_credential_is_read(subject, alicred_emulator):
    """A client with nothing but the type gets what the instance shows, whole."""
    credential = subject.client(type="ecs_ram_role")()
    issued = alicred_emulator.ledger.get(credential.access_key_id)
    assert credential.access_key_secret == issued.access_key_secret
    assert credential.security_token == issued.security_token
    assert issued.principal.startswith(f"acs:ram::{alicred_emulator.account_id}:assumed-role/")


def test_the_default_chain_finds_the_instance(subject, alicred_emulator):
    """Where nothing is configured the instance is the source."""
    credential = subject.default_client()()
    assert alicred_emulator.ledger.get(credential.access_key_id).origin == "imds"


def test_fifteen_minutes_before_the_end_it_is_refreshed(subject, alicred_emulator, alicred_clock):
    """The same credential one second before that point, a new one at it."""
    alicred_emulator.instance.credential_lifetime = timedelta(minutes=60)
    read = subject.client(type="ecs_ram_role")
    first = read()
    alicred_clock.shift(minutes=45, seconds=-1)
    assert read().access_key_id == first.access_key_id
    alicred_clock.shift(seconds=1)
    assert read().access_key_id != first.access_key_id


def test_what_one_fetch_asks_for(subject, alicred_emulator, alicred_imds):
    """The SDK fetches a token for each request; alicred fetches one."""
    subject.client(type="ecs_ram_role")()
    listed = [TOKEN, LISTING, document(alicred_emulator)]
    alicred_imds.journal.assert_requests(
        listed if subject.keeps_token else [TOKEN, LISTING, TOKEN, listed[-1]]
    )


def test_what_one_fetch_asks_for_when_the_role_is_given(subject, alicred_emulator, alicred_imds):
    """With the role's name nobody lists."""
    subject.client(type="ecs_ram_role", role_name=alicred_emulator.role.name)()
    alicred_imds.journal.assert_requests([TOKEN, document(alicred_emulator)])


def test_what_a_refresh_asks_for(subject, alicred_emulator, alicred_imds, alicred_clock):
    """alicred keeps token and role: one request; the SDK begins anew."""
    alicred_emulator.instance.credential_lifetime = timedelta(minutes=60)
    read = subject.client(type="ecs_ram_role")
    read()
    alicred_imds.journal.clear()
    alicred_clock.shift(minutes=45)
    read()
    again = document(alicred_emulator)
    alicred_imds.journal.assert_requests([again] if subject.keeps_token else [TOKEN, LISTING, TOKEN, again])


@pytest.mark.usefixtures("broken_token_endpoint")
def test_without_a_token_normal_mode_is_used(subject, alicred_emulator, alicred_imds):
    """Whatever the token endpoint does, the credential is read without a token."""
    read = subject.client(type="ecs_ram_role", timeout=200, connect_timeout=200)
    issued = alicred_emulator.ledger.get(read().access_key_id)
    assert issued.origin == "imds"
    reads = [entry for entry in alicred_imds.journal if entry.operation != "Token"]
    assert all("X-aliyun-ecs-metadata-token" not in entry.headers for entry in reads)


@pytest.mark.usefixtures("broken_token_endpoint")
def test_without_a_token_disable_imds_v1_is_an_error(subject, alicred_imds):
    """Who forbids normal mode gets an error, and nothing is asked without a token."""
    read = subject.client(type="ecs_ram_role", disable_imds_v1=True, timeout=200, connect_timeout=200)
    with pytest.raises(Exception) as caught:  # noqa: PT011 - the SDK lets its HTTP client's errors through
        read()
    if subject.library == "alicred":
        assert isinstance(caught.value, CredentialException)
    assert {entry.operation for entry in alicred_imds.journal} == {"Token"}


def test_an_instance_that_requires_tokens_is_read_in_hardened_mode(subject, alicred_emulator):
    """`HttpTokens=required` is no obstacle."""
    alicred_emulator.instance.http_tokens = "required"
    assert subject.client(type="ecs_ram_role")().access_key_id.startswith("STS.")


def test_an_instance_that_knows_no_tokens_is_read_in_normal_mode(subject, alicred_emulator):
    """An instance without IMDSv2 answers the token request with 404."""
    alicred_emulator.instance.imds_v2_supported = False
    assert subject.client(type="ecs_ram_role")().access_key_id.startswith("STS.")


@pytest.mark.parametrize("how", ["no role", "endpoint disabled", "another role"])
def test_an_instance_without_the_role_is_an_error(subject, alicred_emulator, how):
    """Nobody makes up a credential that the instance does not have."""
    if how == "no role":
        alicred_emulator.instance.role = None
    elif how == "endpoint disabled":
        alicred_emulator.instance.http_endpoint = "disabled"
    role_name = "another-role" if how == "another role" else None
    read = subject.client(type="ecs_ram_role", role_name=role_name)
    with pytest.raises(Exception, match=r"404|403"):
        read()


def test_a_swapped_role_is_found_at_the_next_refresh(subject, alicred_emulator, alicred_clock):
    """The instance got another role: after the refresh the credential is that role's."""
    alicred_emulator.instance.credential_lifetime = timedelta(minutes=60)
    read = subject.client(type="ecs_ram_role")
    read()
    alicred_emulator.instance.role = alicred_emulator.ram.add_role("successor")
    alicred_clock.shift(minutes=45)
    issued = alicred_emulator.ledger.get(read().access_key_id)
    assert "/successor/" in issued.principal
