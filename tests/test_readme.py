"""What the README shows of the library is true; its other blocks are run by tests/docs/test_blocks.py."""

from tests.docs.blocks import take

[PROGRAM] = take("README.md", "python", section="As a library")


def test_the_program_of_the_readme_works_on_an_instance(alicred_emulator):
    """Its functions return the key that the instance shows."""
    names = {}
    exec(PROGRAM.text, names)
    issued = {names["sync_code"](), names["asyncio"].run(names["async_code"]())}
    assert {alicred_emulator.ledger.get(key).origin for key in issued} == {"imds"}
