"""What `alicred explain` has to say, as data: the document of ``--json``, from which the page is written.

Rule of this module: of a credential it takes what may be shown to anybody, so that neither of the two can
show more.
"""

from __future__ import annotations

from typing import Any

from alicred.commands.spans import wire_time
from alicred.commands.trace import Step, Trace
from alicred.exceptions import CredentialException
from alicred.models import Credential, ending
from alicred.moments import moment
from alicred.providers.base import Issued
from alicred.refresh import schedule

__all__ = ["VERSION", "of_error", "of_trace"]

VERSION = 1
"""Grows when a key changes its meaning or goes; a new key may come at any time."""


def of_trace(trace: Trace) -> dict[str, Any]:
    """Return the document: the elements, which of them won, and what it gave."""
    return {
        "version": VERSION,
        "elements": [_of_step(step, trace.winner) for step in trace.steps],
        "winner": trace.winner,
        "credential": _of_issued(trace.issued, trace.at) if trace.issued else None,
    }


def of_error(error: CredentialException) -> dict[str, str | None]:
    """Return what went wrong, and what to do."""
    return {
        "kind": type(error).__name__,
        "problem": error.problem,
        "remedy": error.remedy or None,
        "code": error.code,
        "request_id": error.request_id,
    }


def _of_step(step: Step, winner: str | None) -> dict[str, Any]:
    return {
        "name": step.name,
        "outcome": _outcome(step, winner),
        "applies": step.applies,
        "reason": step.reason,
        "error": of_error(step.error) if step.error else None,
        "warnings": list(step.warnings),
        "milliseconds": None if step.milliseconds is None else round(step.milliseconds, 1),
    }


def _outcome(step: Step, winner: str | None) -> str:
    if not step.reached:
        return "not reached"
    if step.name == winner:
        return "used"
    if step.error is None:
        return "not configured"
    return "nothing there" if step.error.absent else "broken"


def _of_issued(issued: Issued, now: float) -> dict[str, Any]:
    credential = issued.credential
    return {
        "provider_name": credential.provider_name,
        "type": credential.type,
        "access_key_id_ends_with": ending(credential.access_key_id) if credential.access_key_id else None,
        "has_security_token": bool(credential.security_token),
        **_times(credential, issued, now),
    }


def _times(credential: Credential, issued: Issued, now: float) -> dict[str, Any]:
    plan = schedule(now, credential.expires_at, issued.window, issued.good_for_seconds)
    end = credential.expiration
    refresh_at = moment(plan.refresh_at, credential)
    return {
        "expiration": wire_time(end) if end else None,
        "seconds_left": round(plan.expires_at - now) if end else None,
        "refresh_at": wire_time(refresh_at) if refresh_at else None,
        "seconds_to_refresh": round(plan.refresh_at - now) if refresh_at else None,
    }
