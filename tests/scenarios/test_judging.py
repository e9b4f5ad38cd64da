"""What is judged at every read, whatever the story says: a subject that lies is found out."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

import pytest

from alicred_emulator.scenarios.subject import BUG, HUNG, UNSAID, Seen, Unsupported

READ = '[[steps]]\nread = "A"'
FAIL = '[[steps]]\nfails = "refused"'


def changed(act, **parts):
    """Return an act that shows something else in these parts."""
    return lambda emulator: replace(act(emulator), **parts)


def the_user(emulator):
    """Show the user's own key."""
    user = emulator.user
    return Seen(access_key_id=user.access_key_id, access_key_secret=user.access_key_secret)


def a_bearer(emulator):
    """Show a bearer token of nobody."""
    return Seen(bearer_token="made up")


def test_an_honest_client_passes(tell, actor, honest):
    """A credential that the fakes issued, whole and valid, is what the story expects."""
    outcome = tell(READ, actor(honest))
    assert (outcome.verdict, outcome.reason, outcome.subject) == ("passed", "", "actor")
    assert [step.seen for step in outcome.steps] == [("A",)]
    outcome.check()


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"access_key_id": "STS.ofNobody"}, "unknown credential"),
        ({"access_key_id": None}, "unknown credential"),
        ({"access_key_secret": "another"}, "torn credential"),
        ({"security_token": "another"}, "torn credential"),
        ({"security_token": None}, "torn credential"),
        ({"bearer_token": "made up"}, "unknown credential"),
    ],
)
@pytest.mark.parametrize("step", [READ, FAIL], ids=["expected", "not expected"])
def test_a_credential_that_was_not_issued_so_is_found_out(tell, actor, honest, parts, words, step):
    """It is known by its id, and its parts are of one issue; the words for it are fixed."""
    outcome = tell(step, actor(changed(honest, **parts)))
    assert (outcome.verdict, outcome.reason) == ("failed", f"step 1: {words}")


def test_an_expired_credential_is_found_out(tell, actor, honest):
    """At its last second it is good, and at its end no more, by the fakes' clock alone."""
    kept = []

    def first(emulator):
        kept.append(honest(emulator))
        return kept[0]

    text = f'{READ}\n[[steps]]\nadvance = "5h59m59s"\n{READ}\n[[steps]]\nadvance = "1s"\n{READ}'
    outcome = tell(text, actor(first, lambda _: kept[0], lambda _: kept[0]), world='clients_ahead = "-1d"')
    assert (outcome.verdict, outcome.reason) == ("failed", "step 5: expired credential")


def test_one_of_many_that_lies_is_found_out(tell, actor, honest):
    """Each reader is looked at."""
    acts = [honest, changed(honest, access_key_secret="another"), honest]
    outcome = tell(READ + "\nreaders = 3", actor(*acts))
    assert outcome.reason == "step 1: torn credential"


def test_long_lived_keys_of_the_world_are_known(tell, actor):
    """A user's own key has no session token and no end; with another secret it is torn."""
    tell(READ, actor(the_user)).check()
    assert tell(READ, actor(changed(the_user, access_key_secret="x"))).reason == "step 1: torn credential"
    assert tell(READ, actor(changed(the_user, security_token="x"))).reason == "step 1: torn credential"


def test_a_bearer_token_of_the_world_is_known(tell):
    """The one that the story gave is known."""
    tell(
        'title = "t"\nstory = "s"\n[client]\ntype = "bearer"\nbearer_token = "<bearer.token>"\n'
        '[[steps]]\nread = "A"\n[[steps]]\nread = "A"\nrequests = {}'
    ).check()


def test_a_bearer_token_of_nobody_is_found_out(tell, actor):
    """One that it did not give is not."""
    assert tell(READ, actor(a_bearer)).reason == "step 1: unknown credential"


# What the story says


def other(emulator):
    """Have the instance show another credential, and show that."""
    emulator.instance.role = emulator.role
    issued = emulator.instance.credential_of(emulator.role)
    return Seen(
        access_key_id=issued.access_key_id,
        access_key_secret=issued.access_key_secret,
        security_token=issued.security_token,
    )


@pytest.mark.parametrize(
    ("steps", "acts", "problem"),
    [
        ([READ, READ], "honest other", "step 2: one reader: A, and not a new credential"),
        ([READ, '[[steps]]\nread = "B"'], "honest honest", "step 2: one reader: B, and not A"),
        ([READ + "\nreaders = 2"], "honest other", "step 1: 2 readers at once: A, and not a new credential"),
        (
            [READ, '[[steps]]\nread = ["A", "B"]\nreaders = 2'],
            "honest honest honest",
            "step 2: 2 readers at once: A or B, and 0 of the readers got B",
        ),
        (
            [READ, "[[steps]]\nread = { A = 1, B = 2 }"],
            "honest honest honest other",
            "step 2: 3 readers at once: A (1) or B (2), and 2 of the readers got A",
        ),
        ([FAIL], "honest", "step 1: one reader: an error of the kind refused, and not a new credential"),
        ([READ, FAIL], "honest honest", "step 2: one reader: an error of the kind refused, and not A"),
    ],
)
def test_what_was_not_expected_is_told(tell, actor, honest, steps, acts, problem):
    """The problem is one sentence in the story's names."""
    named = {"honest": honest, "other": other}
    outcome = tell("\n".join(steps), actor(*(named[act] for act in acts.split())))
    assert (outcome.verdict, outcome.reason) == ("failed", problem)


def test_names_are_bound_in_the_order_of_issue(tell, actor, honest):
    """Of two new credentials that readers saw at once, the older has the first name."""
    steps = '[[steps]]\nread = ["A", "B"]\nreaders = 2\n[[steps]]\nread = "B"'
    kept = []

    def keep(act):
        def kept_act(emulator):
            kept.append(act(emulator))
            return kept[-1]

        return kept_act

    # The newer one is seen first.
    first = lambda emulator: (honest(emulator), keep(other)(emulator))[1]  # noqa: E731 - an act in a line
    older = lambda emulator: Seen(  # noqa: E731 - the same
        **{
            part: getattr(emulator.ledger.credentials[0], part)
            for part in ("access_key_id", "access_key_secret", "security_token")
        }
    )
    tell(steps, actor(first, older, lambda _: kept[0])).check()


def test_either_of_two_may_be_right(tell, actor, honest):
    """With fewer readers than names, one of them is enough."""
    tell(f'{READ}\n[[steps]]\nread = ["A", "B"]', actor(honest, honest)).check()
    tell(f'{READ}\n[[steps]]\nread = ["A", "B"]', actor(honest, other)).check()


@pytest.mark.parametrize(
    ("expected", "kind", "right"),
    [
        ("refused", "refused", True),
        ("refused", "unreachable", False),
        ("any", "refused", True),
        ("any", "not found", True),
        ("refused", UNSAID, True),
        ("any", UNSAID, True),
        ("refused", BUG, False),
        ("any", BUG, False),
        ("any", HUNG, False),
    ],
)
def test_an_error_is_of_the_kind_that_is_expected(tell, actor, fails, expected, kind, right):
    """A kind that nobody says is taken for any; a crash and a reader that hangs are never right."""
    outcome = tell(f'[[steps]]\nfails = "{expected}"', actor(fails(kind)))
    assert outcome.verdict == ("passed" if right else "failed")
    assert (f"{kind}: it failed." in outcome.reason) is not right


def test_requests_are_counted(tell, actor, honest):
    """Exactly those that are named were made, of which one that is named with 0 is none."""
    counted = READ + '\nrequests = { "imds.Token" = 1, "sts.AssumeRole" = 0 }'
    assert tell(counted, actor(honest)).reason == "step 1: 1 imds.Token expected, and no request made"
    outcome = tell('[[steps]]\nread = "A"\nrequests = {}')
    problem = "no request expected, and 1 imds.Token, 1 imds.RoleName, 1 imds.RoleCredential made"
    assert outcome.reason == f"step 1: {problem}"


def test_requests_are_counted_from_the_beginning_as_well(tell):
    """`requests` looks back to the last read, `in_all` to the beginning."""
    steps = '[[steps]]\nread = "A"\n[[steps]]\nread = "A"\nrequests = {}\nin_all = { "imds.Token" = 1 }'
    assert "step 2: 1 imds.Token expected, and 1 imds.Token, 1 imds.RoleName, " in tell(steps).reason


def test_a_reader_that_waits_too_long_is_told(tell, actor, honest):
    """Requests and time-outs of the client are allowed generously, and a lock of five seconds is not."""
    waits = READ + "\nwaits = { requests = 3, timeouts = 1 }"
    tell(waits, actor(changed(honest, waited_seconds=4.0))).check()
    outcome = tell(waits, actor(changed(honest, waited_seconds=5.0)))
    assert outcome.reason == "step 1: a reader was kept waiting for 5.0 s, and may be for 4.3 s"


def test_nothing_can_be_invalidated_that_nobody_saw(tell, actor, honest):
    """A name that either reader could have had is not bound by having been written."""
    steps = f'{READ}\n[[steps]]\nread = ["A", "B"]\n[[steps]]\ninvalidate = "B"'
    assert tell(steps, actor(honest, honest)).reason == "step 3: no reader ever got B"


# What is told


def test_a_failed_story_is_told_whole(tell, actor, honest):
    """Title, steps up to the one that failed, what was seen and what was asked; and no secret."""
    outcome = tell(FAIL.replace("refused", "any") + "\n" + READ)
    told = outcome.told()
    assert "told: A title\ntold to alicred-sync: failed\nstep 1: " in told
    assert "  1. one reader: an error\n       saw a new credential\n       asked imds.Token 200\n" in told
    assert "     ! one reader: an error, and not a new credential" in told
    assert len(outcome.steps) == 1
    with pytest.raises(AssertionError) as failed:
        outcome.check()
    assert str(failed.value) == told


def secrets_of(emulator, honest):
    """Return a secret of every kind that a client may have been given, some as they stand in a URL."""
    issued, token = honest(emulator), emulator.oidc.issue_token()
    tokens = emulator.oauth.issue_tokens()
    return [
        *(issued.access_key_secret, issued.security_token, quote(issued.security_token, safe="")),
        *(emulator.user.access_key_secret, emulator.user.add_bearer_token(), token),
        *(emulator.cloud_sso.issue_access_token().text, tokens.access.text, tokens.refresh.text),
        emulator.key_pair.private_key_pem.partition("-----END")[0].strip().replace("\n", " "),
    ]


def test_secrets_in_the_words_of_a_client_are_not_passed_on(tell, actor, honest, fails):
    """A client may say more than it should; what is told of it holds none of the world's secrets."""
    secrets = []

    def talk(emulator):
        secrets.extend(secrets_of(emulator, honest))
        return fails("refused", "It is " + ", ".join(secrets) + "." + "x" * 1000)(emulator)

    outcome = tell(READ, actor(talk))
    assert "It is " + ", ".join(["***"] * 10) + ".x" in outcome.reason
    assert not any(secret in outcome.told() + repr(outcome) for secret in secrets)
    assert len(outcome.reason) < 500


def test_secrets_in_what_a_subject_raises_are_not_passed_on(tell, actor, honest):
    """Whatever its words are, they are no more of a secret's place than a client's."""

    def break_down(emulator):
        raise OSError(f"refused: {honest(emulator).access_key_secret}")

    assert tell(READ, actor(break_down)).reason == "actor itself failed: OSError: refused: ***"


def test_what_a_subject_raises_is_an_outcome(tell, actor):
    """Nothing that a subject does ends the runner; that it has no such thing is no failure."""

    def break_down(_emulator):
        raise OSError("no more files")

    def decline(_emulator):
        raise Unsupported("it knows no roles")

    assert tell(READ, actor(break_down)).reason == "actor itself failed: OSError: no more files"
    outcome = tell(READ, actor(decline))
    assert (outcome.verdict, outcome.reason) == ("skipped", "it knows no roles")
    outcome.check()


def test_a_bug_of_a_fake_is_nobodys_outcome(tell, running_emulator, monkeypatch, honest, actor):
    """It is raised, and not laid to the subject's charge."""

    def ask(emulator):
        emulator.imds.add_assertion(AssertionError("the fake is broken"))
        return honest(emulator)

    with pytest.raises(AssertionError, match="the fake is broken"):
        tell(READ, actor(ask))


def test_it_is_told_how_long_a_story_took(tell, actor, honest):
    """Real seconds, whatever the story's clock showed."""
    outcome = tell(f'[[steps]]\nadvance = "{timedelta(days=1).days}d"\n{READ}', actor(honest))
    assert 0 < outcome.seconds < 60
