"""Reading stories: what a file may say, and what is said against every kind of mistake."""

from datetime import timedelta

import pytest

from alicred_emulator.scenarios import ScenarioError, read_story
from alicred_emulator.scenarios.reader import VERBS

STORY = """\
title = "A title"
story = "A story."

[client]
type = "ecs_ram_role"

[[steps]]
read = "A"
"""


def with_step(step):
    """Return a story with a second step, whose first line is line 11."""
    return f"{STORY}\n[[steps]]\n{step}\n"


def with_world(line):
    """Return a story with a world of one line, line 8."""
    return STORY.replace("[[steps]]", f"[world]\n{line}\n[[steps]]", 1)


def with_client(line):
    """Return a story with a further line about the client, line 6."""
    return STORY.replace('"ecs_ram_role"\n', f'"ecs_ram_role"\n{line}\n')


def test_a_story_says_what_it_says(write):
    """Title, telling, fact, world, client and steps are read; the name is the file's."""
    [story] = read_story(
        write(
            """
            title = "A title"
            story = '''
            A story
            of two lines.
            '''
            fact = "documented"
            [world]
            credential_lifetime = "1h"
            [client]
            type = "ram_role_arn"
            role_arn = "<role.arn>"
            timeout = 300
            [client.source]
            type = "ecs_ram_role"
            [[steps]]
            read = ["A", "B"]
            readers = 10
            requests = { "imds.Token" = 1 }
            because = "It is the first."
            """,
            "a_name.toml",
        )
    )
    assert (story.name, story.title, story.telling) == ("a_name", "A title", "A story\nof two lines.")
    assert (story.fact, story.needs) == ("documented", {"threads"})
    assert [str(change) for change in story.world] == ["credential lifetime is 1h"]
    assert story.client.type == "ram_role_arn"
    assert story.client.parameters["source"] == {"type": "ecs_ram_role"}
    assert story.client.timeout_seconds == pytest.approx(0.3)
    [step] = story.steps
    assert (str(step), step.because) == ("10 readers at once: A or B", "It is the first.")
    assert step.requests == {"imds.Token": 1}


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ('advance = "5h44m59s"', "5h44m59s pass"),
        ('advance = "-1d"', "both clocks jump back by 1d"),
        ('fault = "imds_down"\ncalled = "outage"', "from now on: imds_down (outage)"),
        ("fault = { status = 503, times = 2 }", "from now on: status(503, None, ())"),
        ('mend = "everything"', "everything is mended"),
        ('stop = "imds"', "nobody listens at imds any more"),
        ('set = { role = "none", imds_v2 = false }', "from now on: role is none, imds v2 is false"),
        ("set = { imds_v2 = true }", "from now on: imds v2 is true"),
        ('rotate = "instance"', "instance: a new one ahead of time"),
        ('read = "A"', "one reader: A"),
        ("read = { A = 9, B = 1 }", "10 readers at once: A (9) or B (1)"),
        ('read = "A"\nin = "fork"', "a forked child reads: A"),
        ('fails = "any"', "one reader: an error"),
        ('fails = "refused"\nreaders = 3', "3 readers at once: an error of the kind refused"),
        ('invalidate = "A"', "the application says that A was refused"),
        ("cancel = 1", "a reader is cancelled while its first request is in the air"),
    ],
)
def test_each_step_can_be_read_aloud(write, step, told):
    """A step prints as a sentence that a person understands without the file."""
    [story] = read_story(write(with_step(step)))
    assert str(story.steps[1]) == told


@pytest.mark.parametrize(
    ("step", "needs"),
    [
        ('advance = "1s"', {"clock"}),
        ('set = { clients_ahead = "1d" }', {"clock"}),
        ('set = { role = "none" }', set()),
        ('fault = "clock_ahead"', {"clock"}),
        ('fault = "imds_down"', set()),
        ('read = "A"\nreaders = 2', {"threads"}),
        ('fails = "any"\nin = "fork"', {"fork"}),
        ('invalidate = "A"', {"invalidate"}),
        ("cancel = 1", {"cancel"}),
    ],
)
def test_what_a_story_needs_follows_from_its_steps(write, step, needs):
    """Nobody has to say what a subject must be able to do."""
    [story] = read_story(write(with_step(step)))
    assert story.needs == needs


def test_a_world_with_clients_ahead_needs_a_clock(write):
    """So does the world that a story begins with."""
    [story] = read_story(write(with_world('clients_ahead = "10m"')))
    assert story.needs == {"clock"}


def test_a_story_may_need_more_than_follows(write):
    """A story with literal dates in it says itself that it needs a clock."""
    [story] = read_story(write(f'needs = ["clock"]\n{STORY}'))
    assert story.needs == {"clock"}


# Cases


CASES = """\
title = "A status of $status"
story = "$words"

[client]
type = "ecs_ram_role"

[[steps]]
fault = "$fault"

[[steps]]
fails = "any"
requests = "$seen"
readers = "$readers"

[cases.one]
status = 500
words = "Once."
fault = { status = 500 }
seen = { "imds.Token" = 1 }
readers = 1

[cases.two]
status = 503
words = "Twice."
fault = "imds_down"
seen = {}
readers = 2
"""


def test_a_story_is_told_once_for_each_case(write):
    """A value of any type stands where its key is written, whole or within a text."""
    one, two = read_story(write(CASES, "many.toml"))
    assert (one.name, two.name) == ("many/one", "many/two")
    assert (one.title, one.telling, two.telling) == ("A status of 500", "Once.", "Twice.")
    assert (str(one.steps[0]), str(two.steps[0])) == (
        "from now on: status(500, None, ())",
        "from now on: imds_down",
    )
    assert (one.steps[1].requests, two.steps[1].requests) == ({"imds.Token": 1}, {})
    assert two.steps[1].action.readers == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("readers = 2", "readers = 2\nmore = 1"), ":28: cases.two.more is used nowhere; write $more"),
        (
            ('words = "Twice."\n', ""),
            ":22: cases.two does not say what $words is; given: $status, $fault, $seen, $readers",
        ),
        (("[cases.two]", '[cases."T w o"]'), ":22: cases.T w o is no name of a case"),
        (("status = 503", 'status = "5"'), None),
        (
            ("readers = 2", 'readers = "two"'),
            ":13: steps[2].readers is a whole number, not 'two' (in the case two)",
        ),
    ],
)
def test_cases_that_do_not_fit_are_refused(write, change, message):
    """Every key is used, everything used is given, and a wrong value is told where it is used."""
    path = write(CASES.replace(*change))
    if message is None:
        assert len(read_story(path)) == 2
        return
    with pytest.raises(ScenarioError) as refused:
        read_story(path)
    assert f"told.toml{message}" in str(refused.value)


def test_without_cases_nothing_can_be_filled_in(write):
    """A dollar sign before a name is no text by chance."""
    with pytest.raises(ScenarioError, match=r"what \$name is; given: none, since there are no \[cases\]"):
        read_story(write(STORY.replace("A title", "A $name")))


# Mistakes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            STORY.replace("title =", "titel ="),
            "told.toml:1: titel is not known; allowed: title, story, fact, ",
        ),
        (STORY.replace('title = "A title"\n', ""), "told.toml: needs title"),
        (STORY.replace('"A title"', "5"), "told.toml:1: title is a text, not 5"),
        (
            f'fact = "guessed"\n{STORY}',
            ":1: fact is one of documented, measured, alicred's promise, not 'guessed'",
        ),
        (f'needs = ["luck"]\n{STORY}', ":1: needs holds 'luck', which is not known; allowed: threads, "),
        (f'needs = "luck"\n{STORY}', ":1: needs is a list of texts, not 'luck'"),
        (f"needs = [1]\n{STORY}", ":1: needs is a list of texts"),
        (f"needs = []\n{with_step('cancel = 1')}", ":1: needs lacks cancel, which the steps ask for"),
        (STORY.partition("[[steps]]")[0], "told.toml: needs at least one of [[steps]]"),
        (STORY.partition("[[steps]]")[0] + "[steps]", ":7: steps is an array of tables, not {}"),
        ("steps = [1]\n" + STORY.partition("[[steps]]")[0], ":1: steps[1] is a table"),
        (with_step("read = [1]"), ":11: steps[2].read is a list of texts, not [1]"),
        (f"world = 5\n{STORY}", ":1: world is a table, not 5"),
        # The client.
        (STORY.replace('type = "ecs_ram_role"', ""), ":4: client needs type"),
        (with_client('tpye = "x"'), ":6: client.tpye is not known; allowed: type, identity, source, "),
        (STORY.replace("ecs_ram_role", "ecs"), ":5: client.type is one of default, access_key, sts, "),
        (with_client('timeout = "1s"'), ":6: client.timeout is a whole number, not '1s'"),
        (with_client("timeout = true"), ":6: client.timeout is a whole number, not True"),
        (with_client("timeout = -1"), ":6: client.timeout is at least 0, not -1"),
        (with_client('strict = "yes"'), ":6: client.strict is true or false, not 'yes'"),
        (with_client('identity = "me"'), ":6: client.identity is one of ecs, user, rrsa, uri, not 'me'"),
        (
            with_client('role_arn = "<role.name_>"'),
            ":6: client.role_arn refers to <role.name_>, which is not known; allowed: <user.access_key_id>, ",
        ),
        (with_client('source = { type = "default" }'), ":6: client.source.type is one of access_key, sts, "),
        (with_client("[client.source]"), ":6: client.source needs type"),
        # The world.
        (with_world("lifetime = 5"), ":8: world.lifetime is not known; allowed: credential_lifetime, "),
        (with_world("credential_lifetime = 5"), ":8: world.credential_lifetime is a text, not 5"),
        (
            with_world('credential_lifetime = "5"'),
            ":8: world.credential_lifetime cannot be: '5' is no duration",
        ),
        (
            with_world('credential_lifetime = "1ms"'),
            ":8: world.credential_lifetime cannot be: the lifetime is",
        ),
        (with_world('role = "no good"'), ":8: world.role cannot be: "),
        (with_world('http_tokens = "on"'), ":8: world.http_tokens is one of optional, required, not 'on'"),
        (with_world('imds_v2 = "no"'), ":8: world.imds_v2 is true or false, not 'no'"),
        # Steps.
        (with_step('reed = "B"'), ":11: steps[2].reed is not known; allowed: advance, fault, mend, "),
        (with_step('because = "x"'), ":10: steps[2] has exactly one verb of advance, fault, mend, "),
        (with_step('read = "B"\nadvance = "1s"'), "and not read and advance"),
        (
            with_step('read = "B"\nrequets = {}'),
            ":12: steps[2].requets is not known; allowed: read, readers, in, waits, requests, in_all, ",
        ),
        (
            with_step('advance = "1s"\nreaders = 2'),
            ":12: steps[2].readers is not known; allowed: advance, because",
        ),
        (with_step("advance = 1"), ":11: steps[2].advance is a text, not 1"),
        (with_step('advance = "1"'), ":11: steps[2].advance cannot be: '1' is no duration"),
        (with_step('advance = "9999999d"'), ":11: steps[2].advance cannot be: the emulator's clock knows"),
        (
            with_step('fault = "imds_dwn"'),
            ":11: steps[2].fault cannot be: no outage is called 'imds_dwn'; known: ",
        ),
        (
            with_step("fault = { statsu = 1 }"),
            ":11: steps[2].fault cannot be: statsu is not known; allowed: ",
        ),
        (
            with_step('fault = { reset = true, service = "imsd" }'),
            ":11: steps[2].fault cannot be: no service is called 'imsd'; known: imds, ",
        ),
        (
            with_step('fault = { reset = true, operation = "Tokn" }'),
            ":11: steps[2].fault cannot be: no operation is called 'Tokn'; known: ",
        ),
        (
            with_step('fault = { body = "<no.such>" }'),
            ":11: steps[2].fault refers to <no.such>, which is not",
        ),
        (with_step("[steps.fault]\nstatsu = 1"), "steps[2].fault cannot be: statsu"),
        (
            with_step('fault = "imds_down"\ncalled = "everything"'),
            ":12: steps[2].called is everything, which is taken",
        ),
        (
            with_step('fault = "imds_down"\ncalled = "a"\n[[steps]]\nfault = "sts_down"\ncalled = "a"'),
            ":15: steps[3].called is a, which is taken",
        ),
        (
            with_step('mend = "outage"'),
            ":11: steps[2].mend speaks of outage, which no fault is called; known: everything",
        ),
        (
            with_step('fault = "imds_down"\ncalled = "a"\n[[steps]]\nmend = "a"\n[[steps]]\nmend = "a"'),
            ":16: steps[4].mend cannot be: no fault in force is called 'a'; called so are: none",
        ),
        (with_step('stop = "imsd"'), ":11: steps[2].stop is one of imds, sts, "),
        (with_step('start = "imds"'), ":11: steps[2].start cannot be: imds was not stopped"),
        (with_step("set = { rolle = 1 }"), ":11: steps[2].set.rolle is not known; allowed: "),
        (with_step('rotate = "world"'), ":11: steps[2].rotate is one of instance, credentials_uri, "),
        (
            with_step("read = []"),
            ":11: steps[2].read is the name of a credential, a list of names, or a table",
        ),
        (with_step("read = 5"), ":11: steps[2].read is a list of texts, not 5"),
        (with_step("read = { A = true }"), ":11: steps[2].read.A is a whole number, not True"),
        (with_step("read = { A = 2 }\nreaders = 3"), ":12: steps[2].readers is 2, since read says so"),
        (with_step('read = "A"\nreaders = 0'), ":12: steps[2].readers is at least 1"),
        (with_step('read = "A"\nin = "thread"'), ":12: steps[2].in is one of fork, not 'thread'"),
        (with_step('read = "A"\nin = "fork"\nreaders = 2'), ":12: steps[2].in goes with one reader"),
        (
            with_step('read = "A"\nwaits = { seconds = 1 }'),
            ":12: steps[2].waits.seconds is not known; allowed: ",
        ),
        (with_step('fails = "badly"'), ":11: steps[2].fails is one of configuration, refused, unreachable, "),
        (with_step('invalidate = "B"'), ":11: steps[2].invalidate speaks of B, which was not read before"),
        (with_step("cancel = 2"), ":11: steps[2].cancel is 1: one reader at a time"),
        (
            with_step('read = "A"\nrequests = { Token = 1 }'),
            ":12: steps[2].requests.Token is written service.Operation, with one of the services imds, ",
        ),
        (
            with_step('read = "A"\nrequests = { "imds.Tokens" = 1 }'),
            ":12: steps[2].requests.imds.Tokens names no operation of imds; known: ",
        ),
        (
            with_step('read = "A"\nin_all = { "imds.Token" = "1" }'),
            ":12: steps[2].in_all.imds.Token is a whole number, not '1'",
        ),
        # What stands beside the world.
        (
            f"{STORY}\n[variables]\nALIBABA_CLOUD_X = 1",
            ":11: variables.ALIBABA_CLOUD_X is a text, not 1",
        ),
        (
            f"{STORY}\n[variables]\nPATH = 'x'",
            ":11: variables.PATH is not known; allowed: ALIBABA_CLOUD_*, ALIBABACLOUD_*, ALICLOUD_*",
        ),
        (f'{STORY}\n[files]\n"../a" = ""', ":11: files.../a is no path within the home directory; write it"),
        (f'{STORY}\n[files]\n"a/../../b" = ""', ":11: files.a/../../b is no path within the home directory"),
        (f'{STORY}\n[files]\n"/tmp/a" = ""', ":11: files./tmp/a is no path within the home directory"),
        (f'{STORY}\n[files]\n"." = ""', ":11: files.. is no path within the home directory"),
        (f'{STORY}\n[files]\n"a/b" = "<no.such>"', ":11: files.a/b refers to <no.such>, which is not known"),
    ],
)
def test_a_mistake_is_told_with_file_line_key_and_what_is_allowed(write, text, message):
    """Whatever is wrong, the message leads to the place and says what may stand there."""
    with pytest.raises(ScenarioError) as refused:
        read_story(write(text))
    assert str(refused.value).startswith("told.toml:")
    assert message in str(refused.value)


def test_a_file_that_is_no_toml_is_told_so(write):
    """The parser knows line and column."""
    with pytest.raises(ScenarioError, match=r"told.toml is no TOML: .*line 1"):
        read_story(write("title = \n"))


def test_a_file_that_cannot_be_read_is_told_so(tmp_path):
    """Neither a file that is not there nor one that is no text is a traceback."""
    with pytest.raises(ScenarioError, match=r"none.toml cannot be read: No such file"):
        read_story(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b"title = '\xe9'")
    with pytest.raises(ScenarioError, match=r"latin.toml cannot be read: it is not UTF-8"):
        read_story(tmp_path / "latin.toml")


def test_every_verb_is_met_in_the_catalogue_of_mistakes():
    """No verb is forgotten above: each is read aloud, or made a mistake with."""
    above = test_each_step_can_be_read_aloud.pytestmark[0].args[1]
    told = {step.partition(" ")[0] for step, _ in above} | {"start"}
    assert told == set(VERBS)


def test_a_line_is_found_whatever_stands_before(write):
    """Strings over several lines, comments and arrays that look like keys move no line."""
    text = '''
    title = "A title"   # title = "not this"
    story = """
    titel = "nor this"
    [world]
    """
    needs = [
        "clock",
    ]
    [client]
    type = "ecs_ram_role"
    [[steps]]
    because = 'lines = "x"'
    read = "A"
    [steps.waits]
    seconds = 1
    '''
    with pytest.raises(ScenarioError, match=r"told.toml:15: steps\[1\].waits.seconds is not known"):
        read_story(write(text))


def test_durations_of_a_world_take_effect(write):
    """What a duration says is what the world gets."""
    [story] = read_story(write(with_world('credential_lifetime = "90m"')))
    assert story.world[0].value == timedelta(minutes=90)
