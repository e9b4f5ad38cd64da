"""A developer at a laptop, whose emulator runs in another process, as a type checker sees it."""

from datetime import datetime, timedelta
from pathlib import Path

from typing_extensions import assert_type

from alicred_emulator import Emulator, Fault, trust_policy
from alicred_emulator.control.server import ControlServer
from alicred_emulator.remote import EmulatorUnreachableError, RemoteEmulator


def live(ready_file: Path) -> str:
    """Drive it."""
    try:
        emulator = RemoteEmulator.from_ready_file(ready_file)
    except EmulatorUnreachableError as error:
        return str(error)
    assert_type(emulator, RemoteEmulator)
    assert_type(emulator.clock.now(), datetime)
    assert_type(emulator.clock.rate, int)
    assert_type(emulator.clock.skewed_by, timedelta)
    assert_type(emulator.account_id, str)
    emulator.clock.shift(minutes=30)
    emulator.instance.http_tokens = "required"
    emulator.instance.credential_lifetime = timedelta(hours=1)
    emulator.instance.credential_lifetime = 3600  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    emulator.clock.rate = 2  # pyright: ignore[reportAttributeAccessIssue]
    with emulator.faults.add(Fault.status(500), service="imds") as fault:
        assert_type(fault.hits, int)
    issued = emulator.ledger.get("STS.example")
    if issued is not None:
        assert_type(issued.expires_at, datetime)
        assert_type(issued.uses, int)
    user = emulator.ram.add_user("auditor")
    role = emulator.ram.add_role("audited", trust_policy=trust_policy(ram=user.arn))
    assert_type(role.max_session_duration, int)
    assert_type(emulator.oidc.token_file, Path)
    assert_type(emulator.oauth.issue_tokens().access.expires_at_seconds, int)
    return role.arn


def serve(emulator: Emulator) -> str:
    """Let another process drive one."""
    with emulator, ControlServer(emulator, port=0) as server:
        assert_type(server, ControlServer)
        return server.url
