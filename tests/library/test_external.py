"""A program of the user's that prints a credential: run without a shell, in time, and never quoted."""

import json
import logging
import os
import shlex
import signal
import sys
import threading
import traceback

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as for_any
from hypothesis import strategies as st

from alicred import Client, programs
from alicred.environment import Environment
from alicred.exceptions import ConfigurationError, CredentialException, ServiceUnreachableError
from alicred.profiles import Profile
from alicred.programs import ProgramError, command_of, output_of
from alicred.providers.external import ExternalProvider, build_profile

CANARY = "cAnArY0SeCrEt7"
NOW = 1_800_000_000
KEY = {"mode": "AK", "access_key_id": "LTAIexample1234", "access_key_secret": f"{CANARY}-secret"}
SESSION = {
    **KEY,
    "mode": "StsToken",
    "access_key_id": "STS.exampleKeyId1234",
    "sts_token": f"{CANARY}-token",
    "expiration": "2027-01-15T09:00:00Z",
}
TITLE = 'The program in process_command of profile "me"'
posix = pytest.mark.skipif(os.name != "posix", reason="groups of processes, and programs without a shell")


@pytest.fixture
def path(tmp_path):
    """The file of the profile."""
    return tmp_path / "config.json"


@pytest.fixture
def profile(path):
    """Write a profile that runs a command, and return it."""

    def profile(command, **changes):
        fields = {"name": "me", "mode": "External", "process_command": command, **changes}
        path.write_text(json.dumps({"profiles": [fields]}, indent=4))
        return Profile(file=str(path), name="me", fields=fields)

    return profile


@pytest.fixture
def written(path):
    """What the file says of the profile, but for its name, mode and command."""
    return lambda: dict(list(json.loads(path.read_text())["profiles"][0].items())[3:])


@pytest.fixture
def printing(tmp_path, profile, environment, script):
    """Build the provider of a program that prints a text, or an object as JSON."""

    def printing(output):
        text = output if isinstance(output, str) else json.dumps(output)
        (tmp_path / "output").write_text(text, encoding="utf-8")
        # Quicker to start than Python.
        return build_profile(profile(f"cat '{tmp_path / 'output'}'"), environment(), script())

    return printing


@pytest.fixture
def running(profile):
    """Build the provider of a program in Python."""

    def running(code, seconds=60.0):
        command = command_of(python(code))
        return ExternalProvider(profile=profile(python(code)), command=command, seconds=seconds)

    return running


def python(code):
    """Return the command that runs a program in Python."""
    return shlex.join([sys.executable, "-Ic", code])


@pytest.fixture
def failure(told):
    """Fetch what is not to be had, and return the error, which repeats nothing of what was printed."""

    def failure(provider, kind=ServiceUnreachableError):
        with pytest.raises(kind) as caught:
            provider.fetch(NOW)
        assert caught.value.__context__ is None
        assert CANARY not in told(caught.value)
        return caught.value

    return failure


def test_a_session_is_read(printing):
    """With its end, and refreshed as every session is."""
    issued = printing(SESSION).fetch(NOW)
    credential = issued.credential
    assert (credential.type, credential.provider_name) == ("external", "external")
    assert credential.access_key_id == "STS.exampleKeyId1234"
    assert credential.access_key_secret == f"{CANARY}-secret"
    assert credential.security_token == f"{CANARY}-token"
    assert credential.expires_at == NOW + 3600
    assert credential.expiration.isoformat() == "2027-01-15T09:00:00+00:00"
    assert issued.window(3600.0) == 900.0
    assert issued.good_for_seconds == float("inf")


def test_a_key_without_an_end_is_looked_at_again_after_a_while(printing):
    """It does not end while the program fails, and no process is started for every caller."""
    issued = printing(KEY).fetch(NOW)
    assert issued.credential.security_token is None
    assert issued.credential.expires_at is None
    assert issued.credential.expiration is None
    assert issued.good_for_seconds == 675.0


@pytest.mark.parametrize("expiration", [..., None, ""])
def test_a_session_that_does_not_say_its_end_counts_as_the_shortest(printing, expiration):
    """STS grants none of less than 900 s; nobody is told an end that nobody knows."""
    output = {**SESSION, "expiration": expiration}
    issued = printing({k: v for k, v in output.items() if v is not ...}).fetch(NOW + 0.5)
    assert issued.credential.expires_at == NOW + 900.5
    assert issued.credential.expiration is None
    assert issued.window(900.0) == 225.0
    assert issued.good_for_seconds == 675.0


@pytest.mark.parametrize("mode", [..., None, "AK", "StsToken"])
def test_a_token_is_used_whatever_the_mode(printing, mode):
    """A session without its token is worth nothing."""
    output = {**SESSION, "mode": mode}
    credential = printing({k: v for k, v in output.items() if v is not ...}).fetch(NOW).credential
    assert credential.security_token == f"{CANARY}-token"


def test_a_key_may_have_an_end(printing):
    """Whoever prints one is believed."""
    issued = printing({**KEY, "expiration": "2027-01-15T09:00:00Z"}).fetch(NOW)
    assert issued.credential.expires_at == NOW + 3600


@pytest.mark.parametrize("mode", ["RamRoleArn", "sts", "", 1, [], {}])
def test_any_other_mode_is_an_error(printing, failure, mode):
    """What it asks for is not what was printed."""
    problem = failure(printing({**SESSION, "mode": mode})).problem
    assert problem == f"{TITLE} answered with a mode other than AK and StsToken."


@pytest.mark.parametrize("part", ["access_key_id", "access_key_secret", "sts_token"])
@pytest.mark.parametrize("value", [..., None, "", 17, ["x"]])
def test_a_part_that_is_missing_is_named(printing, failure, part, value):
    """What is there of the credential is not shown."""
    output = {**SESSION, part: value}
    error = failure(printing({k: v for k, v in output.items() if v is not ...}))
    assert f" {part} " in error.problem
    assert error.provider == "external"


@pytest.mark.parametrize(
    "expiration", ["soon", "2027-01-15", 1_800_003_600, "2027-01-15T09:00:00+00:00", ["x"]]
)
def test_an_end_in_another_form_is_an_error(printing, failure, expiration):
    """It would be misread sooner or later."""
    assert "Expiration" in failure(printing({**SESSION, "expiration": expiration})).problem


def test_a_credential_that_has_ended_is_an_error(printing, failure):
    """The program has kept it for too long."""
    error = failure(printing({**SESSION, "expiration": "2027-01-15T08:00:00Z"}))
    assert "has expired already" in error.problem


@pytest.mark.parametrize(
    "output", ["", "null", "[]", f'"{CANARY}"', f"{CANARY} is not JSON", '{"mode": "AK"', "[" * 10_000]
)
def test_what_is_no_json_object_is_an_error(printing, failure, output):
    """Nothing of it is repeated."""
    error = failure(printing(output))
    assert error.problem == f"{TITLE} answered with something that is not a JSON object."
    assert error.remedy == "Ask whoever wrote it to mend it."


def test_a_program_that_fails_is_an_error(running, failure):
    """Its status is told; what it printed, on either channel, is not, even if it is a credential."""
    code = f"import sys; print({json.dumps(KEY)!r}); print({CANARY!r}, file=sys.stderr); sys.exit(3)"
    error = failure(running(code))
    assert error.problem == f"{TITLE} has ended with status 3."
    assert error.remedy == "Run it by hand to see why; process_command of the profile says how."
    assert error.temporary


def test_what_a_program_complains_of_goes_nowhere(running, capfd):
    """An application's own stderr is not ours to fill."""
    running(f"import sys; print({json.dumps(KEY)!r}); print({CANARY!r}, file=sys.stderr)").fetch(NOW)
    assert capfd.readouterr() == ("", "")


def test_a_program_that_prints_without_end_is_ended(running, failure):
    """After 64 KiB, and without waiting for its time to be over."""
    error = failure(running(f"while True: print({CANARY!r} * 100)"))
    assert error.problem == f"{TITLE} has printed more than 64 KiB."


def test_a_program_that_takes_too_long_is_ended(running, failure):
    """The time is a minute, as in Alibaba's SDKs."""
    error = failure(running("import threading; threading.Event().wait()", seconds=0.2))
    assert error.problem == f"{TITLE} had not ended after 0.2 s, and was ended."
    provider = build_profile(
        Profile(file="f", name="me", fields={"process_command": "true"}), Environment({}), None
    )
    assert provider._seconds == 60.0


@posix
def test_a_program_that_closes_its_output_and_goes_on_is_ended():
    """Nothing more is to be read, and it has a status only when it has ended."""
    with pytest.raises(ProgramError, match=r"had not ended after 0\.2 s, and was ended\."):
        output_of(command_of("sh -c 'exec >&-; exec sleep 1000'"), seconds=0.2)


@posix
@pytest.mark.parametrize("leaves", ["", "wait"])
def test_what_a_program_has_started_is_ended_with_it(tmp_path, profile, failure, leaves):
    """Whether it waits for it or leaves it behind with its output open."""
    import fcntl

    held = tmp_path / "held"
    held.touch()
    # The lock is inherited, and is free when the last process that has it is gone.
    script = tmp_path / "program.sh"
    script.write_text(f"exec 9<'{held}'; flock -s 9 || exit 1; sleep 1000 &\n{leaves}\n")
    command = command_of(f"sh '{script}'")
    error = failure(ExternalProvider(profile=profile("x"), command=command, seconds=0.5))
    assert "was ended" in error.problem
    with held.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)


def test_a_program_that_gets_ready_in_time_is_left_alone(running):
    """What is to end it is called off."""
    before = threading.active_count()
    running(f"print({json.dumps(KEY)!r})").fetch(NOW)
    assert threading.active_count() == before


@posix
def test_an_interrupt_ends_the_program(monkeypatch):
    """Ctrl-C reaches the group of the terminal alone, and a program has its own."""
    processes = []
    real = programs._started

    def started(command):
        processes.append(real(command))
        return processes[0]

    def interrupted(*_what):
        raise KeyboardInterrupt

    monkeypatch.setattr(programs, "_started", started)
    monkeypatch.setattr(programs, "_pieces", interrupted)
    with pytest.raises(KeyboardInterrupt):
        output_of(command_of("sleep 1000"), seconds=60.0)
    assert processes[0].returncode == -9


@posix
def test_a_child_that_outlives_its_program_is_not_waited_for(tmp_path):
    """It has left the group and holds the output open; the time-out bounds the wait all the same."""
    told = tmp_path / "pid"
    agent = (
        f"import os, time; os.setsid(); open({str(told)!r}, 'w').write(str(os.getpid())); time.sleep(1000)"
    )
    program = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {agent!r}])"
    try:
        with pytest.raises(ProgramError, match=r"had not ended after 1 s, and was ended\."):
            output_of([sys.executable, "-c", program], seconds=1.0)
    finally:
        if told.exists():
            os.kill(int(told.read_text()), signal.SIGKILL)


@posix
def test_a_program_that_cannot_be_ended_is_not_waited_for(monkeypatch, failure):
    """One that has become another user's, as by sudo, goes on, and the caller does so, too."""
    started = programs._started
    processes = []

    def remembered(command):
        processes.append(started(command))
        return processes[0]

    def refused(_group, _number):
        raise PermissionError

    monkeypatch.setattr(programs, "_started", remembered)
    monkeypatch.setattr(programs, "_LONGEST_END_SECONDS", 0.01)
    with monkeypatch.context() as patch:
        patch.setattr(os, "killpg", refused)
        with pytest.raises(ProgramError, match=r"had not ended after 0\.1 s"):
            output_of(command_of("sleep 1000"), seconds=0.1)
    processes[0].kill()
    assert processes[0].wait() == -signal.SIGKILL


def test_a_program_has_nothing_to_read(running):
    """It cannot wait for somebody who is not there."""
    running(f"import sys; assert sys.stdin.read() == ''; print({json.dumps(KEY)!r})").fetch(NOW)


def test_the_environment_is_inherited_as_it_is_when_the_program_runs(running, monkeypatch):
    """A sign-in tool finds its own settings there."""
    provider = running(
        f"import os, json; print(json.dumps({KEY!r} | {{'access_key_id': os.environ['EXAMPLE_ID']}}))"
    )
    monkeypatch.setenv("EXAMPLE_ID", "LTAIfromoutside")
    assert provider.fetch(NOW).credential.access_key_id == "LTAIfromoutside"


@posix
@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        ("a b  c", ["a", "b", "c"]),
        ("a 'b c' \"d e\"", ["a", "b c", "d e"]),
        ("a 'it'\\''s' \\; $HOME `x` | y > z &", ["a", "it's", ";", "$HOME", "`x`", "|", "y", ">", "z", "&"]),
        ("a \\\n b", ["a", "\n", "b"]),
        ("a ''", ["a", ""]),
        ("a #b", ["a", "#b"]),
    ],
)
def test_a_command_is_split_as_a_shell_would(line, arguments):
    """But nothing in it is expanded, piped or run in the background."""
    assert command_of(line) == arguments


@posix
@pytest.mark.parametrize("line", [" ", "\n", f"'{CANARY}", f'{CANARY} "', f"{CANARY}\\"])
def test_a_command_that_is_none_is_an_error_when_the_provider_is_built(profile, environment, told, line):
    """The field is named, its content is not shown: it may hold a password."""
    with pytest.raises(ConfigurationError, match="process_command is no command") as caught:
        build_profile(profile(line), environment(), None)
    assert CANARY not in told(caught.value)


@posix
def test_windows_is_given_the_line_as_it_is_and_no_pipe_is_waited_for_there(monkeypatch):
    """Its shell splits it; the program is read, and ended in time, all the same."""
    monkeypatch.setattr(programs, "_IS_WINDOWS", True)
    line = "echo 'it' \"is\""
    assert command_of(line) == line
    assert command_of(" ") is None
    assert output_of("echo one && echo two", seconds=60.0).split() == [b"one", b"two"]
    with pytest.raises(ProgramError, match="was ended"):
        output_of(python("import threading; threading.Event().wait()"), seconds=0.2)


@pytest.mark.parametrize("changes", [{"process_command": ""}, {"process_command": None}])
def test_a_command_that_is_missing_is_an_error(profile, environment, changes):
    """As every field that a mode needs."""
    with pytest.raises(ConfigurationError, match=r"process_command is missing or empty\."):
        build_profile(profile("x", **changes), environment(), None)


@posix
@pytest.mark.parametrize(
    "line", [f"/nowhere/{CANARY}", f"{CANARY}-is-not-on-path", "/", f"'\0{CANARY}'", "''"]
)
def test_a_program_that_cannot_be_started_is_an_error_of_the_profile(profile, environment, failure, line):
    """Nobody is asked to wait until that mends itself."""
    error = failure(build_profile(profile(line), environment(), None), ConfigurationError)
    assert error.problem.endswith("process_command names a program that cannot be started.")
    assert 'profile "me" of ' in error.problem


@pytest.mark.parametrize("value", ["1", "true", "TRUE"])
def test_the_environment_may_forbid_it(profile, environment, value):
    """As aliyun-cli lets it."""
    variables = environment(DISABLE_EXTERNAL_PROCESS=value)
    with pytest.raises(ConfigurationError, match="ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS forbids"):
        build_profile(profile("true"), variables, None)


@pytest.mark.parametrize("value", ["0", "false", ""])
def test_a_switch_that_is_off_forbids_nothing(profile, environment, value):
    """Nor does one that is empty."""
    build_profile(profile("true"), environment(DISABLE_EXTERNAL_PROCESS=value), None)


# --- what is written back ---


def test_a_session_is_written_back(printing, written):
    """Four fields, and nothing else."""
    printing(SESSION).fetch(NOW)
    assert written() == {
        "access_key_id": "STS.exampleKeyId1234",
        "access_key_secret": f"{CANARY}-secret",
        "sts_token": f"{CANARY}-token",
        "sts_expiration": NOW + 3600,
    }


def test_a_key_leaves_no_token_of_another_behind(tmp_path, profile, environment, written):
    """Whoever reads the profile would sign with parts that do not belong together."""
    (tmp_path / "output").write_text(json.dumps(KEY))
    old = {"access_key_id": "STS.old", "sts_token": "old", "sts_expiration": NOW}
    build_profile(profile(f"cat '{tmp_path / 'output'}'", **old), environment(), None).fetch(NOW)
    assert written() == {"access_key_id": "LTAIexample1234", "access_key_secret": f"{CANARY}-secret"}


def test_a_key_that_has_not_changed_is_not_written_again(printing, path):
    """Looking again costs nobody anything."""
    provider = printing(KEY)
    provider.fetch(NOW)
    before = path.stat()
    provider.fetch(NOW + 700)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_profile_whose_command_has_changed_meanwhile_is_left_alone(printing, profile, written):
    """Its keys are those of another program."""
    provider = printing(KEY)
    profile("another")
    assert provider.fetch(NOW).credential.has_keys()
    assert written() == {}


def test_a_file_that_cannot_be_written_costs_nothing_but_a_line(printing, path, caplog):
    """The credential is good without."""
    caplog.set_level(logging.INFO, "alicred")
    provider = printing(SESSION)
    path.unlink()
    for _ in range(2):
        assert provider.fetch(NOW).credential.has_keys()
    [record] = caplog.records
    assert "cannot be written back" in record.getMessage()
    assert CANARY not in record.getMessage()


def test_what_was_printed_is_in_no_traceback(printing, path, monkeypatch):
    """Error trackers print local variables."""
    printing({**SESSION, "expiration": "soon"})
    path.write_text(path.read_text().replace("{", '{"current": "me",', 1))
    monkeypatch.setenv("ALIBABA_CLOUD_CONFIG_FILE", str(path))
    with pytest.raises(ServiceUnreachableError) as caught:
        Client(strict=True).get_credential()
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    ours = [frame for frame in told.stack if f"{os.sep}alicred{os.sep}" in frame.filename]
    assert ours
    assert [name for frame in ours for name, text in frame.locals.items() if CANARY in text] == []


@settings(suppress_health_check=[HealthCheck.too_slow])
@for_any(
    st.binary(max_size=60)
    | st.dictionaries(
        st.sampled_from([*SESSION, "Expiration", "x"]), st.none() | st.text(max_size=9) | st.integers()
    ).map(lambda fields: json.dumps(fields).encode())
)
def test_whatever_is_printed_ends_in_a_whole_credential_or_in_an_error_of_ours(output):
    """There is nothing between them."""
    provider = ExternalProvider(profile=Profile(file="f", name="me", fields={}), command=["x"])
    try:
        credential = provider._read(output, NOW).credential
    except CredentialException:
        return
    assert credential.has_keys()


def test_a_failure_is_told_in_words(failure, running):
    """A `ProgramError` never gets out of here."""
    assert not isinstance(failure(running("raise SystemExit(1)")), ProgramError)
