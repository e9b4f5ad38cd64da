"""`alicred explain`: what it says of each machine, as docs/explain.md shows it, and what it never says."""

import datetime as dt
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from alicred import testing
from alicred.commands.page import lines
from alicred.commands.spans import for_person, span
from tests.docs.blocks import take, text_of

PAGE = text_of("docs/explain.md")
SESSIONS = {block.section: block.text for block in take("docs/explain.md", "console")}
KEY = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAIcAnArY1234", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "cAnArYsEcReT"}
BROKEN_CONFIG = """\
{
  "current": "dev"
  "profiles": [
    {"name": "dev", "mode": "AK", "access_key_id": "LTAIcAnArY", "access_key_secret": "cAnArYsEcReT"}
  ]
}
"""
GOOD_CREDENTIALS = """\
[default]
type = access_key
access_key_id = LTAIcAnArY5678
access_key_secret = cAnArYsEcReT
"""
MORNING = dt.datetime(2027, 1, 15, 8, tzinfo=dt.timezone.utc)


def without_durations(text):
    """Return a page with the same time taken everywhere."""
    return re.sub(r" +\d+\.\d ms$", " 0.0 ms", text, flags=re.MULTILINE)


def config_json(profile):
    """Write aliyun-cli's file with one profile."""
    path = Path(os.environ["HOME"], ".aliyun", "config.json")
    path.parent.mkdir()
    path.write_text(json.dumps({"current": profile["name"], "profiles": [profile]}), encoding="utf-8")
    path.chmod(0o600)


@pytest.fixture
def session(alicred):
    """Run a command line as a terminal would show it, durations and homes made equal."""
    if os.name == "nt":
        pytest.skip("the page shows the paths of POSIX")

    def session(line):
        done = alicred(*line.removeprefix("alicred ").split())
        shown = f"$ {line}\n{done.out}{done.err}".replace(os.environ["HOME"], "/home/you")
        return without_durations(shown)

    return session


@pytest.fixture
def broken_machine(alicred_emulator, monkeypatch, tmp_path):
    """A pod whose token file holds no token, and whose metadata address is none."""
    token_file = tmp_path / "token"
    token_file.write_text("this is\nno token cAnArY", encoding="utf-8")
    variables = {
        **alicred_emulator.env("rrsa"),
        "ALIBABA_CLOUD_OIDC_TOKEN_FILE": str(token_file),
        "ALIBABA_CLOUD_IMDS_ENDPOINT": "100.100.100.200",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def broken_profile(bare_machine):
    """A machine whose config.json lacks a comma, and whose credentials.ini is good."""
    home = Path(os.environ["HOME"])
    files = {
        home / ".aliyun" / "config.json": BROKEN_CONFIG,
        home / ".alibabacloud" / "credentials.ini": GOOD_CREDENTIALS,
    }
    for path, text in files.items():
        path.parent.mkdir()
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)


@pytest.fixture
def instance(alicred_emulator, alicred_clock):
    """The default instance, with a credential that it got a moment ago."""
    alicred_clock.move_to(MORNING)
    alicred_emulator.instance.credential_lifetime = dt.timedelta(hours=6)
    return alicred_emulator


def test_the_session_on_a_machine_with_nothing_is_as_the_page_says(bare_machine, session):
    """Every place is named, with what would have to be set there."""
    assert session("alicred explain") == without_durations(SESSIONS["A machine with nothing"])


def test_the_session_with_a_broken_configuration_is_as_the_page_says(broken_machine, session):
    """What is broken is told from what is not there, and comes with what to do."""
    assert session("alicred explain") == without_durations(SESSIONS["A configuration that is broken"])


def test_the_session_with_a_broken_profile_is_as_the_page_says(broken_profile, session):
    """The file is named, with line and column, and so is the other identity that comes of it."""
    assert session("alicred explain") == without_durations(SESSIONS["A profile that is broken"])


def test_the_session_on_an_instance_is_as_the_page_says(instance, session):
    """The winner, its credential's end and refresh point, and the identity as STS says it."""
    assert session("alicred explain --identity") == without_durations(SESSIONS["On an instance"])


def keys_of(value, prefix=""):
    """Yield the path of every key in a document."""
    if isinstance(value, list):
        for one in value:
            yield from keys_of(one, f"{prefix}[]")
    elif isinstance(value, dict):
        for name, part in value.items():
            path = f"{prefix}.{name}" if prefix else name
            yield f"{path}[]" if isinstance(part, list) else path
            yield from keys_of(part, path)


def test_the_document_has_the_keys_that_the_page_lists(instance, alicred, monkeypatch):
    """Programs rely on them: of two machines together, no more and no fewer."""
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "half a key")
    role = json.loads(alicred("explain", "--json", "--identity").out)
    user = dict(instance.env("user"))
    for name, value in user.items():
        monkeypatch.setenv(name, value)
    document = json.loads(alicred("explain", "--json", "--identity").out)
    listed = re.findall(r"^\| `([a-z_.\[\]]+)` \|", PAGE.partition("## For programs")[2], re.MULTILINE)
    assert {*keys_of(role), *keys_of(document)} == set(listed)


def test_the_winner_is_what_a_client_gets(instance, alicred):
    """What is explained is what happens."""
    from alicred import Client

    document = json.loads(alicred("explain", "--json").out)
    credential = Client().get_credential()
    assert document["winner"] == "ecs_ram_role"
    assert document["credential"]["provider_name"] == credential.provider_name
    assert credential.access_key_id.endswith(document["credential"]["access_key_id_ends_with"])
    assert document["credential"]["expiration"] == "2027-01-15T14:00:00Z"
    assert document["credential"]["refresh_at"] == "2027-01-15T13:45:00Z"


def test_an_element_after_the_winner_costs_no_request(instance, alicred, monkeypatch):
    """Whether it would apply is said without asking it."""
    for name, value in KEY.items():
        monkeypatch.setenv(name, value)
    instance.journal.clear()
    document = json.loads(alicred("explain", "--json").out)
    after = {element["name"]: element for element in document["elements"]}
    assert document["winner"] == "env"
    assert after["ecs_ram_role"]["outcome"] == after["credential_uri"]["outcome"] == "not reached"
    assert after["ecs_ram_role"]["applies"]
    assert not after["credential_uri"]["applies"]
    assert after["ecs_ram_role"]["milliseconds"] is None
    assert list(instance.journal) == []


def test_a_broken_element_after_the_winner_is_told_too(instance, alicred, monkeypatch):
    """Who repairs the first one would fall over it next."""
    for name, value in {**KEY, "ALIBABA_CLOUD_CREDENTIALS_URI": "no uri"}.items():
        monkeypatch.setenv(name, value)
    elements = json.loads(alicred("explain", "--json").out)["elements"]
    last = next(element for element in elements if element["name"] == "credential_uri")
    assert last["outcome"] == "not reached"
    assert last["error"]["kind"] == "ConfigurationError"


def test_a_key_that_a_program_prints_does_not_end(bare_machine, alicred):
    """It is looked up again, and that is what is told in place of an end."""
    printed = json.dumps({"mode": "AK", "access_key_id": "LTAIcAnArY1234", "access_key_secret": "s"})
    command = shlex.join([sys.executable, "-c", f"print({printed!r})"])
    profile = {"name": "mine", "mode": "External", "process_command": command}
    config_json(profile)
    credential = json.loads(alicred("explain", "--json").out)["credential"]
    assert credential["expiration"] is credential["seconds_left"] is None
    assert credential["seconds_to_refresh"] > 0
    assert re.search(r"  expires +never\n  looked up again  in \d", alicred("explain").out)


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_what_the_library_warns_of_stands_with_the_element(broken_profile, alicred):
    """A file that others can read is found here, and not only in a log that nobody keeps."""
    Path(os.environ["HOME"], ".alibabacloud", "credentials.ini").chmod(0o644)
    elements = json.loads(alicred("explain", "--json").out)["elements"]
    warned = {element["name"]: element["warnings"] for element in elements if element["warnings"]}
    assert list(warned) == ["profile"]
    assert "credentials.ini" in warned["profile"][0]
    testing.reset()
    assert "      warning: " in alicred("explain").out


def test_a_fall_back_is_told_as_a_warning(alicred_emulator, alicred):
    """The instance answers in normal mode alone, which works and should not have to."""
    alicred_emulator.instance.imds_v2_supported = False
    elements = json.loads(alicred("explain", "--json").out)["elements"]
    [warning] = next(element["warnings"] for element in elements if element["name"] == "ecs_ram_role")
    assert warning.startswith("instance metadata: normal mode is used, since ")


def test_time_is_told_in_the_services_hours(instance, alicred, alicred_clock):
    """On a machine whose clock is a day ahead the end is the one that the service says."""
    alicred_clock.skew(days=1)
    credential = json.loads(alicred("explain", "--json").out)["credential"]
    assert credential["expiration"] == "2027-01-15T14:00:00Z"
    assert credential["refresh_at"] == "2027-01-15T13:45:00Z"
    assert credential["seconds_left"] == pytest.approx(6 * 3600, abs=2)


@pytest.mark.parametrize("identity", ["user", "rrsa"])
def test_the_identity_is_that_of_the_credential(alicred_emulator, alicred, monkeypatch, identity):
    """A user's key is the user, a pod's session is the role."""
    for name, value in alicred_emulator.env(identity).items():
        monkeypatch.setenv(name, value)
    told = json.loads(alicred("explain", "--json", "--identity").out)["identity"]
    if identity == "user":
        assert told["arn"] == alicred_emulator.user.arn
    else:
        assert told["arn"].startswith(f"acs:ram::{alicred_emulator.account_id}:assumed-role/demo-role/")


def test_a_machine_whose_clock_is_off_has_an_identity_all_the_same(
    alicred_emulator, alicred, alicred_clock, monkeypatch
):
    """STS is asked in its own time, as it is for a credential."""
    for name, value in alicred_emulator.env("user").items():
        monkeypatch.setenv(name, value)
    alicred_clock.skew(days=1)
    told = json.loads(alicred("explain", "--json", "--identity").out)
    assert told["identity"]["arn"] == alicred_emulator.user.arn


def test_a_refused_identity_is_told_with_its_code(alicred_emulator, alicred, monkeypatch):
    """The credential is there all the same, so the status is 0."""
    for name, value in KEY.items():
        monkeypatch.setenv(name, value)
    done = alicred("explain", "--identity")
    assert done.status == 0
    assert "Who that is could not be found out:" in done.out
    assert "Code InvalidAccessKeyId.NotFound" in done.out
    assert "hint: Check that the AccessKey was not deleted" in done.out


def test_where_nothing_is_advised_there_is_no_hint(broken_machine, alicred):
    """An error may say what has happened, and no more."""
    report = json.loads(alicred("explain", "--json").out)
    advised = "\n".join(lines(report, colour=False)).count("hint: ")
    broken = next(element for element in report["elements"] if element["error"] is not None)
    broken["error"]["remedy"] = ""
    assert "\n".join(lines(report, colour=False)).count("hint: ") == advised - 1


def test_an_sts_that_does_not_answer_is_told(alicred_emulator, alicred, monkeypatch):
    """It is named, with what to check."""
    for name, value in {**KEY, "ALIBABA_CLOUD_STS_ENDPOINT": "http://127.0.0.1:1"}.items():
        monkeypatch.setenv(name, value)
    error = json.loads(alicred("explain", "--identity", "--json").out)["identity_error"]
    assert error["kind"] == "ServiceUnreachableError"
    assert "127.0.0.1:1" in error["problem"]
    assert error["remedy"].endswith("or name another STS in ALIBABA_CLOUD_STS_ENDPOINT.")


def test_something_else_in_the_place_of_sts_is_told(alicred_emulator, alicred, monkeypatch):
    """An answer without a code is told by its status, and nothing of it is shown."""
    for name, value in alicred_emulator.env("user").items():
        monkeypatch.setenv(name, value)
    alicred_emulator.sts.expect_request("/").respond_with_data("<html>cAnArY</html>", status=502)
    done = alicred("explain", "--identity")
    assert "answered a request for GetCallerIdentity with HTTP status 502." in done.out
    assert "cAnArY" not in done.out


def test_a_bearer_token_has_no_identity(bare_machine, alicred):
    """STS is not asked, since there is nothing to sign with; and none of the token is shown."""
    profile = {"name": "mine", "mode": "BearerToken", "bearer_token": "cAnArYtOkEn"}
    config_json(profile)
    document = json.loads(alicred("explain", "--identity", "--json").out)
    assert document["credential"]["access_key_id_ends_with"] is document["identity"] is None
    assert document["identity_error"]["kind"] == "ConfigurationError"
    done = alicred("explain", "--identity")
    assert "  key id           none" in done.out
    assert "cAnArY" not in done.out


def test_an_identity_that_would_play_with_the_terminal_is_not_shown(alicred_emulator, alicred, monkeypatch):
    """What answers in the place of STS may write anything."""
    for name, value in alicred_emulator.env("user").items():
        monkeypatch.setenv(name, value)
    evil = {"Arn": "\x1b[2Jcleared", "AccountId": "1"}
    alicred_emulator.sts.expect_request("/").respond_with_json(evil)
    done = alicred("explain", "--identity")
    assert "\x1b" not in done.out
    assert "Arn is missing or cannot be printed" in done.out


def test_no_secret_is_shown(broken_machine, broken_profile, alicred, monkeypatch):
    """Neither secrets nor tokens nor whole key ids are on any page, in any document."""
    variables = {**KEY, "ALIBABA_CLOUD_SECURITY_TOKEN": "cAnArYtOkEn"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    for options in ((), ("--json",), ("--identity",), ("--identity", "--json")):
        done = alicred("explain", *options)
        assert "1234" in done.out
        assert "cAnArY" not in done.out + done.err


@pytest.mark.parametrize(("key_id", "end"), [("abcd", "cd"), ("a", "")])
def test_a_short_key_id_is_not_shown_whole(bare_machine, alicred, monkeypatch, key_id, end):
    """Four characters of five would be almost all of it."""
    for name, value in {**KEY, "ALIBABA_CLOUD_ACCESS_KEY_ID": key_id}.items():
        monkeypatch.setenv(name, value)
    assert json.loads(alicred("explain", "--json").out)["credential"]["access_key_id_ends_with"] == end


def test_without_a_credential_the_status_is_one(bare_machine, alicred):
    """Scripts may ask; the page has said all, so there is nothing on stderr."""
    done = alicred("explain")
    assert (done.status, done.err) == (1, "")
    document = json.loads(alicred("explain", "--json", "--identity").out)
    assert document["winner"] is document["credential"] is None
    assert "identity" not in document


def test_a_mistake_in_the_call_is_status_two(alicred):
    """Two lines on stderr, like every other failure."""
    done = alicred("explain", "--loud")
    assert (done.status, done.out) == (2, "")
    assert done.err.splitlines() == [
        "alicred: unrecognized arguments: --loud.",
        "hint: See `alicred --help`.",
    ]


def test_colour_is_for_terminals_without_no_color(bare_machine, alicred, monkeypatch):
    """A pipe gets none, and neither does whoever says NO_COLOR."""
    assert "\x1b" not in alicred("explain").out
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[" in alicred("explain").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in alicred("explain").out


def test_a_mistake_of_our_own_is_a_traceback(bare_machine, alicred, monkeypatch):
    """Only alicred's own errors are two lines; a bug must be seen whole."""

    def broken(*_arguments, **_options):
        raise ZeroDivisionError

    monkeypatch.setattr("alicred.commands.trace.ChainProvider", broken)
    with pytest.raises(ZeroDivisionError):
        alicred("explain")


def test_an_interrupt_is_no_traceback(bare_machine, alicred, monkeypatch):
    """Whoever presses Ctrl-C knows why it ended; scripts see the status of a shell's."""

    def interrupted(_chain):
        raise KeyboardInterrupt

    monkeypatch.setattr("alicred.commands.explain.searched", interrupted)
    assert alicred("explain") == (130, "", "")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such pipes")
def test_a_reader_that_went_away_is_no_traceback(bare_machine):
    """Nobody reads what is printed: that is status 1 without a word."""
    reader, writer = os.pipe()
    os.close(reader)
    process = subprocess.Popen(
        [sys.executable, "-m", "alicred", "explain"], stdout=writer, stderr=subprocess.PIPE
    )
    os.close(writer)
    _, said = process.communicate(timeout=20)
    assert (process.returncode, said) == (1, b"")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "0 s"),
        (59, "59 s"),
        (60, "1 min 0 s"),
        (3599, "59 min 59 s"),
        (11_520, "3 h 12 min"),
        (90_000, "1 d 1 h"),
    ],
)
def test_a_length_of_time_has_two_units(seconds, text):
    """Nobody reads eleven thousand seconds."""
    assert span(seconds) == text


def test_a_moment_that_has_passed_is_now():
    """A refresh point behind us is due."""
    assert for_person("2027-01-15T14:00:00Z", -5) == "2027-01-15 14:00:00 UTC, now"


def test_it_runs_as_a_command(alicred_emulator):
    """In a process of its own, as a person would start it."""
    done = subprocess.run(
        [sys.executable, "-m", "alicred", "explain"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "* ecs_ram_role" in done.stdout
