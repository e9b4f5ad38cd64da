"""docs/scenarios.md: it has a row for everything that a file may say, and its examples are true."""

import re

import pytest

from alicred_emulator.emulator import Emulator
from alicred_emulator.fault_forms import KINDS, PLACES
from alicred_emulator.scenarios import asks, changes, client_keys, reader, timeline
from alicred_emulator.scenarios.stage import REFERENCES
from alicred_emulator.scenarios.subject import ABILITIES
from alicred_emulator.scenarios.world import KEYS
from alicred_emulator.subjects.alicred import AlicredSubject
from tests.docs.blocks import take, text_of

PAGE = text_of("docs/scenarios.md")
[STORY] = take("docs/scenarios.md", "toml", section="")
[CONDITIONS] = take("docs/scenarios.md", "toml", section="Faults")


def section(title):
    """Return the text of a section."""
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def first_column(text):
    """Return the names that stand in code in the first cells of a section's tables."""
    return [
        name for line in text.split("\n") if line.startswith("| `") for name in in_code(line.split("|")[1])
    ]


def in_code(text):
    """Return what stands in code."""
    return re.findall(r"`([^`]+)`", text)


def test_every_key_of_a_file_has_its_row():
    """No key is left out, and none is made up."""
    assert first_column(section("The file")) == list(reader.KEYS)


def test_every_verb_has_its_row():
    """With the keys that may stand beside it, which have rows of their own."""
    rows = [line.split("|") for line in section("Steps").split("\n") if line.startswith("| `")]
    verbs = {in_code(row[1])[0]: tuple(in_code(row[3])) for row in rows if len(row) == 5}
    assert verbs == {verb: besides for verb, (_, besides) in reader.VERBS.items()}
    besides = [in_code(row[1])[0] for row in rows if len(row) == 4]
    assert besides == list(asks.VERBS["read"][1])
    for what in changes.ROTATIONS:
        assert f'`"{what}"`' in section("Steps")


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("The world", list(KEYS)),
        ("Faults", [*KINDS, *PLACES]),
        ("The client", [f"<{name}>" for name in REFERENCES]),
    ],
)
def test_everything_else_has_its_row(title, names):
    """The keys of the world, the kinds of faults, and what can be referred to."""
    assert sorted(first_column(section(title))) == sorted(names)


def test_every_parameter_of_a_client_is_named():
    """Types and parameters stand in the text."""
    named = set(in_code(section("The client")))
    assert {*client_keys.TYPES, *client_keys.PARAMETERS, "source", "identity"} <= named


def test_every_ability_is_named():
    """What a subject must be able to do is listed with `needs`."""
    assert set(ABILITIES) <= set(in_code(section("The file")))


def test_the_keys_beside_a_fault_are_named():
    """Each kind's row names what belongs to it."""
    for line in section("Faults").split("\n"):
        cells = line.split("|")
        if line.startswith("| `") and len(cells) == 5:
            assert tuple(in_code(cells[3])) == KINDS[in_code(cells[1])[0]], line


def test_the_story_of_the_page_is_true(write, running_emulator):
    """It is told to alicred, sync and async."""
    from alicred_emulator.scenarios import read_story, run

    stories = read_story(write(STORY.text))
    assert [story.name for story in stories] == ["told/status_500", "told/half_a_document"]
    for story in stories:
        for subject in (AlicredSubject(), AlicredSubject(asynchronous=True)):
            run(story, subject, running_emulator).check()


def test_the_conditions_of_the_page_can_be_played(write):
    """The faults come into force as they stand there, and end by themselves."""
    scenario = timeline.read_timeline(write(CONDITIONS.text, "conditions.toml"))
    emulator = Emulator()
    player = timeline.Player(scenario, emulator)
    for event in scenario.timeline:
        player.play(event)
    names = [handle.name for handle in emulator.faults.in_force]
    assert names == ["status(403, None, ())", "refusal('NoPermission')"]
    emulator.clock.shift(minutes=10)
    assert emulator.faults.in_force == ()


def test_every_key_of_a_machine_scenario_is_named():
    """Those that are not of a story are, too."""
    assert set(timeline.KEYS) == {"title", "story", "world", "timeline"}
