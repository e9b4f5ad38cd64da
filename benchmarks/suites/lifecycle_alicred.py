"""The life of a credential, with alicred and its fixtures."""

from alicred import Client, Config


def test_refresh(alicred_emulator, alicred_clock):
    client = Client(Config(type="ecs_ram_role"))
    first = client.get_credential()
    alicred_clock.shift(hours=5, minutes=45)
    assert client.get_credential() != first
