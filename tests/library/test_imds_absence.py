"""Off the cloud, that nobody answers at the instance's address is found once and remembered for a minute."""

import pytest

from alicred import Client, Config, NoCredentialError, ServiceUnreachableError, testing
from alicred.providers.registry import build_chain
from alicred.transport import NoReply

NOBODY = NoReply("could not be connected to within 1 s.", connected=False)
SILENCE = NoReply("had not answered in full within 1 s.", connected=True)
TOKEN = "PUT /latest/api/token"


@pytest.fixture
def asked(environment, now):
    """Search a new default chain, and return what was asked; variables are named without their prefix."""

    def asked(transport, later=0.0, **variables):
        chain = build_chain(environment(**variables), transport, strict=False)
        with pytest.raises(NoCredentialError) as caught:
            chain.fetch(now + later)
        assert any(attempt.provider == "ecs_ram_role" for attempt in caught.value.attempts)
        assert caught.value.temporary
        return transport.requests()

    return asked


def test_the_second_client_does_not_pay_again(script, asked):
    """The first pays for one connection, and no more."""
    assert asked(script(NOBODY)) == [TOKEN]
    assert asked(script()) == []


@pytest.mark.parametrize(("later", "requests"), [(69.9, []), (70, [TOKEN]), (9, [TOKEN])])
def test_it_is_remembered_for_a_minute(script, asked, later, requests):
    """By the wall clock; one that has jumped back says nothing."""
    asked(script(NOBODY), 10)
    assert asked(script(*[NOBODY] * len(requests)), later) == requests


def test_one_address_says_nothing_of_another(script, asked):
    """ALIBABA_CLOUD_IMDS_ENDPOINT moves it."""
    asked(script(NOBODY))
    assert asked(script(NOBODY), IMDS_ENDPOINT="http://127.0.0.1:1") == [TOKEN]


def test_an_instance_that_is_slow_is_not_absent(script, asked):
    """Somebody took the connection."""
    assert len(asked(script(SILENCE, SILENCE))) == 2
    assert len(asked(script(SILENCE, SILENCE))) == 2


def test_an_instance_that_has_answered_once_is_not_absent(environment, script, document, now):
    """An outage is no absence, whatever it looks like."""
    surroundings = environment(ECS_METADATA="EcsRole")
    transport = script("t1", document(), NOBODY, NOBODY)
    chain = build_chain(surroundings, transport, strict=False)
    chain.fetch(now)
    for later in (1, 2):
        with pytest.raises(ServiceUnreachableError):
            chain.fetch(now + later)
    assert transport.answers == []


def test_what_was_remembered_is_forgotten_between_tests(script, asked):
    """alicred.testing.reset() makes the next test begin anew."""
    asked(script(NOBODY))
    testing.reset()
    assert asked(script(NOBODY)) == [TOKEN]


def test_an_instance_that_was_asked_for_by_name_is_asked(script, asked, provide, document, now):
    """Whoever says ecs_ram_role knows better."""
    asked(script(NOBODY))
    transport = script("t1", document())
    provide(transport, "ecs_ram_role", {"ECS_METADATA": "EcsRole"}).fetch(now)
    assert len(transport.sent) == 2


def test_a_client_by_name_does_not_make_the_chain_believe_anything(script, asked, provide, now):
    """Its time-out may be another one."""
    with pytest.raises(ServiceUnreachableError):
        provide(script(NOBODY), "ecs_ram_role").fetch(now)
    assert asked(script(NOBODY)) == [TOKEN]


def test_two_clients_of_one_process_share_what_one_has_found(monkeypatch, serve):
    """Over real sockets: the port is closed again, and the second client does not even try."""
    closed = serve(lambda peer: peer.reset())
    closed.stop()
    monkeypatch.setenv("ALIBABA_CLOUD_IMDS_ENDPOINT", closed.url)
    with pytest.raises(NoCredentialError):
        Client().get_credential()
    monkeypatch.setattr("alicred.providers.ecs_ram_role.EcsRamRoleProvider.fetch", None)
    with pytest.raises(
        NoCredentialError, match="ecs_ram_role: The instance metadata service could not be conn"
    ):
        Client().get_credential()
    monkeypatch.undo()
    monkeypatch.setenv("ALIBABA_CLOUD_IMDS_ENDPOINT", closed.url)
    with pytest.raises(ServiceUnreachableError):
        Client(Config(type="ecs_ram_role")).get_credential()
