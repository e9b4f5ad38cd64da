"""The line says who the machine is, or why it is nobody."""

from identity import identity


def test_an_instance_is_its_role(alicred_emulator):
    """The credential is that of the instance, as the default chain finds it."""
    shown = identity()
    [issued] = alicred_emulator.ledger.credentials
    assert shown == f"default/ecs_ram_role, key ...{issued.access_key_id[-4:]}"


def test_an_instance_without_a_role_is_nobody(alicred_emulator):
    """It says so, instead of failing."""
    alicred_emulator.instance.role = None
    assert identity().startswith("nobody: ")
