"""Whoever listens while a story is told hears everything: tests/scenarios/test_catalogue.py relies on it."""

import logging
from urllib.parse import quote

import pytest

from alicred_emulator.scenarios import run
from alicred_emulator.subjects.alicred import AlicredSubject


def test_everything_is_heard(story, canaries, secrets, overheard, running_emulator):
    """A story of a refresh, an outage and a fault leaves something on each channel, and knows its secrets."""
    told = story(
        """
        [[steps]]
        read = "A"
        [[steps]]
        advance = "5h45m"
        [[steps]]
        fault = { status = 503, body = "a body that nobody quotes, CANARY", service = "imds" }
        [[steps]]
        read = "A"
        [[steps]]
        advance = "1h"
        [[steps]]
        fails = "unreachable"
        """
    )
    run(told, canaries.Confided(AlicredSubject(), secrets), running_emulator).check()
    logging.getLogger("urllib3.connectionpool").debug("a word")
    assert {"alicred", "urllib3"} <= overheard.loggers
    assert overheard.events == {"refreshed", "refresh_failed", "serving_cached"}
    said = "\n".join(overheard.texts)
    assert "Traceback (most recent call last)" in said
    assert "Status(" in said
    assert "Config(" in said
    assert "Credential(" in said
    assert "a body that nobody quote" in secrets.found
    assert len(secrets.found) >= 8


def test_a_token_in_a_file_is_a_secret(story, canaries, secrets, running_emulator):
    """A client that is given the file of a token knows what stands there."""
    told = story(
        """
        title = "A pod"
        story = "It reads once."
        [client]
        type = "oidc_role_arn"
        role_arn = "<role.arn>"
        oidc_provider_arn = "<oidc.provider_arn>"
        oidc_token_file_path = "<oidc.token_file>"
        [[steps]]
        set = { token_file = "not-what-a-token-looks-like" }
        [[steps]]
        fails = "any"
        """
    )
    run(told, canaries.Confided(AlicredSubject(), secrets), running_emulator).check()
    assert "not-what-a-token-looks-like" in secrets.found


@pytest.mark.parametrize("form", ["{}", "https://x/?SecurityToken={}", "Credential(secret={!r})"])
def test_a_secret_that_is_said_is_found(canaries, form):
    """As it is, within a URL, and within a repr."""
    secrets, heard = canaries.Secrets(), canaries.Overheard()
    secrets.add("a/secret+with=signs'")
    text = form.format(quote("a/secret+with=signs'", safe="") if "?" in form else "a/secret+with=signs'")
    heard.note("nothing")
    assert secrets.said_in(heard.texts) == []
    heard.note_error(chained(ValueError(text)))
    assert secrets.said_in(heard.texts) != []


def chained(cause: Exception) -> Exception:
    """Return an exception that hides another."""
    try:
        try:
            raise cause
        except ValueError as error:
            raise KeyError("outside") from error
    except KeyError as error:
        return error
