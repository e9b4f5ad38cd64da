"""`alicred_child`: programs that a test starts itself meet the emulator of that test."""

import os
import subprocess
import sys
import threading

import pytest

from alicred_emulator import Fault
from alicred_emulator.child import child_place
from alicred_emulator.faketime import find_library
from alicred_emulator.interpreter import command_of

SECONDS = 60
FETCH = """
import sys, urllib.request
for url in sys.argv[1:]:
    try:
        print(urllib.request.urlopen(url, timeout=10).status)
    except OSError as error:
        print(type(getattr(error, "reason", error)).__name__)
"""
REGION = "/latest/meta-data/region-id"
REAL_REGION = f"http://100.100.100.200{REGION}"
AUTHORITIES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")


def output(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def fetch(alicred_child, ready_command, tmp_path):
    """Read URLs in a child that is started by the wrapper command; what became of each."""

    def fetch(*urls):
        command = alicred_child.command([sys.executable, "-c", FETCH, *urls])
        begins = [*command_of("alicred_emulator"), "exec"]
        assert command[: len(begins)] == begins
        done = ready_command.run(command[len(begins) :], tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    return fetch


@pytest.fixture(params=["namespace", "proxy"])
def isolation(request, alicred_child):
    """An isolation that works here, chosen for the child."""
    if request.param == "namespace" and alicred_child.obstacle is not None:
        pytest.skip(alicred_child.obstacle)
    alicred_child.isolation = request.param
    return request.param


def test_a_child_asks_the_emulator_of_its_test(alicred_emulator, fetch, isolation):
    """At the address that every instance has; the request is in the test's journal, and nowhere else."""
    assert fetch(REAL_REGION) == ["200"]
    alicred_emulator.imds.journal.assert_requests([f"GET {REGION}"])


def test_a_child_meets_the_faults_of_its_test(alicred_emulator, fetch, isolation):
    """Also those that were there before it."""
    alicred_emulator.imds.faults.add("imds_down", times=1)
    assert fetch(REAL_REGION, REAL_REGION)[1] == "200"
    assert len(alicred_emulator.imds.journal) == 2


def test_what_happens_to_a_connection_happens_to_the_childs(alicred_emulator, alicred_child, fetch):
    """There is nothing in between: a reset is a reset, and a service that is stopped refuses connections."""
    if alicred_child.obstacle is not None:
        pytest.skip(alicred_child.obstacle)
    alicred_emulator.sts.stop()
    alicred_emulator.imds.faults.add(Fault.reset(), times=1)
    assert fetch(REAL_REGION, "http://sts.aliyuncs.com/") == [
        "ConnectionResetError",
        "ConnectionRefusedError",
    ]


def test_nothing_is_kept_of_a_child_that_has_ended(alicred_emulator, alicred_child, fetch):
    """Its network ends with it, and another one finds everything in its place."""
    assert [fetch(REAL_REGION), fetch(REAL_REGION)] == [["200"], ["200"]]
    services = alicred_emulator.services.values()
    # The child's end arrives by the line that it held, which is read by another thread.
    for _ in range(1000):
        if not any(service._adopted for service in services):
            break
        threading.Event().wait(0.01)
    assert [service._adopted for service in services if service._adopted] == []


def test_the_wrapper_is_the_program_to_its_caller(alicred_child):
    """Standard streams and exit status are its own."""
    command = alicred_child.command(["sh", "-c", "tr a-z A-Z; exit 7"])
    done = subprocess.run(
        command, input="hello\n", stdout=subprocess.PIPE, text=True, timeout=SECONDS, check=False
    )
    assert (done.returncode, done.stdout) == (7, "HELLO\n")


def test_modules_in_the_current_directory_are_not_those_of_the_wrapper(alicred_child, tmp_path):
    """A test may well stand beside a module that is called like one of those that the wrapper needs."""
    for name in ("click", "json"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the one in the current directory')")
    alicred_child.isolation = "env"
    assert output(alicred_child.command(["echo", "run"]), cwd=tmp_path) == "run\n"


def test_where_children_are_started_is_told(alicred_child):
    """How they meet the emulator, and who they are."""
    assert alicred_child.identity == "ecs"
    alicred_child.isolation = "env"
    assert repr(alicred_child) == "<ChildPlace isolation=env identity=ecs>"


def test_a_child_may_drive_the_emulator(alicred_emulator, alicred_child):
    """The control API is there, so a test that is written in another language has all that one here has."""
    script = (
        "import os; from alicred_emulator.remote import RemoteEmulator; "
        "RemoteEmulator(os.environ['ALICRED_EMULATOR_CONTROL']).instance.role = None"
    )
    output(alicred_child.command([sys.executable, "-c", script]))
    assert alicred_emulator.instance.role is None


def test_a_port_of_this_machine_can_stay_reachable(alicred_child, httpserver, fetch):
    """That of a database which the test has started, for instance."""
    httpserver.expect_request("/").respond_with_data("ok")
    alicred_child.forward.append(httpserver.port)
    assert fetch(f"http://127.0.0.1:{httpserver.port}/") == ["200"]


def test_without_namespaces_the_emulator_is_a_proxy(alicred_emulator):
    """Which isolation it is can be asked, and why it is no stronger one."""
    with child_place(alicred_emulator, "the kernel refuses namespaces") as child:
        assert (child.isolation, child.obstacle) == ("proxy", "the kernel refuses namespaces")
        assert output(child.command([sys.executable, "-c", FETCH, REAL_REGION])) == "200\n"


def test_a_child_that_outlasts_its_test_is_ended(alicred_emulator, alicred_child):
    """Nobody would answer it any more."""
    with child_place(alicred_emulator, alicred_child.obstacle) as child:
        command = child.command([sys.executable, "-c", "print(flush=True); input()"])
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = subprocess.Popen(command, text=True, **pipes)
        process.stdout.readline()
    with process:
        assert process.wait(SECONDS) == 2
        assert "the emulator has ended, and so does the program" in process.stderr.read()


def test_the_environment_names_the_services_and_nobody_else(monkeypatch, alicred_emulator, alicred_child):
    """Not the developer's key, proxy or home; whom to trust is said to every runtime."""
    monkeypatch.setenv("ALIBABACLOUD_ACCESS_KEY_SECRET", "real")
    monkeypatch.setenv("https_proxy", "http://real.example")
    monkeypatch.setenv("MINE", "kept")
    env = alicred_child.env
    assert not [name for name, value in env.items() if "real" in value]
    assert {name: env[name] for name in AUTHORITIES} == dict.fromkeys(
        AUTHORITIES, str(alicred_emulator.ca_bundle)
    )
    settings = {name: value for name, value in env.items() if name.startswith("ALIBABA_CLOUD_")}
    assert settings == alicred_emulator.env("ecs")
    assert (env["HOME"], env["MINE"]) == (os.environ["HOME"], "kept")


def test_the_environment_is_enough_for_who_reads_it(alicred_emulator, alicred_child):
    """No wrapper is needed for alicred, which finds the instance by its variables."""
    script = "import alicred; print(alicred.Client().get_credential().access_key_id)"
    found = output([sys.executable, "-c", script], env=alicred_child.env).strip()
    assert alicred_emulator.ledger.get(found).principal.startswith("acs:ram::")


@pytest.mark.parametrize("identity", ["user", "rrsa", "uri"])
def test_the_child_may_be_somebody_else(alicred_emulator, alicred_child, identity):
    """Everybody whom the emulator knows has variables of their own."""
    alicred_child.identity = identity
    assert alicred_emulator.env(identity).items() <= alicred_child.env.items()


def test_the_wrapper_gives_the_identity_too(alicred_emulator, alicred_child):
    """Whatever the environment says that it is started with."""
    alicred_child.identity = "user"
    name = "ALIBABA_CLOUD_ACCESS_KEY_ID"
    printed = output(alicred_child.command(["printenv", name]), env={**os.environ, name: "another"})
    assert printed.strip() == alicred_emulator.user.access_key_id


@pytest.mark.parametrize(
    ("what", "known"), [("identity", "ecs, user, rrsa, uri"), ("isolation", "namespace, proxy, env")]
)
def test_a_choice_that_nobody_knows_is_refused_at_once(alicred_child, what, known):
    """The message lists those there are."""
    with pytest.raises(ValueError, match=f"no {what} is called 'nobody'; known: {known}"):
        setattr(alicred_child, what, "nobody")


@pytest.mark.skipif(find_library() is None, reason="libfaketime is not installed")
def test_a_child_on_the_clock_sees_what_the_test_makes_of_it(alicred_child, alicred_clock):
    """With the wrapper and without, in a runtime that nobody can patch."""
    alicred_clock.move_to("2030-01-02T03:04:05Z")
    alicred_child.follow_clock()
    alicred_child.follow_clock()
    date = ["date", "-u", "+%FT%TZ"]
    assert output(date, env=alicred_child.env) == "2030-01-02T03:04:05Z\n"
    alicred_clock.shift(hours=1)
    assert output(alicred_child.command(date), env=alicred_child.env) == "2030-01-02T04:04:05Z\n"


def test_children_of_a_process_on_the_instance_inherit_it(alicred_on_ecs, alicred_child):
    """With `alicred_on_ecs` the process's own environment says where the services are, and whom to trust."""
    script = (
        "import os, requests; "
        "print(requests.get(os.environ['ALIBABA_CLOUD_STS_ENDPOINT'].replace('http:', 'https:')).status_code)"
    )
    assert output([sys.executable, "-c", script]) == "400\n"
    assert len(alicred_on_ecs.journal.unplaced) == 1


def test_it_works_in_xdists_workers_with_autoload_disabled(pytester, monkeypatch):
    """Each worker has an emulator of its own, and its children meet that one."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(
        f"""
        import subprocess, pytest

        @pytest.mark.parametrize("turn", range(2))
        def test_child(alicred_emulator, alicred_child, turn):
            command = alicred_child.command(["{sys.executable}", "-c", {FETCH!r}, "{REAL_REGION}"])
            assert subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout == b"200\\n"
            alicred_emulator.journal.assert_requests(["GET {REGION}"])
        """
    )
    options = (
        "-p",
        "alicred_emulator",
        "-p",
        "xdist.plugin",
        "-n",
        "2",
        "-W",
        "error",
        "-p",
        "no:cacheprovider",
    )
    pytester.runpytest_subprocess(*options).assert_outcomes(passed=2)
