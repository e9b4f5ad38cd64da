"""A test that does nothing, on an emulated instance."""


def test_nothing(alicred_emulator):
    pass
