"""A machine whose clock is off gets its session all the same: STS says what time it is."""

import logging

import pytest

from alicred.exceptions import CredentialException, CredentialRefusedError
from alicred.transport import NoReply, Reply

HOUR = 3600
PARAMETERS = {
    "access_key_id": "LTAIexample",
    "access_key_secret": "secret",
    "role_arn": "acs:ram::1234567890123456:role/demo",
}
OUT_OF_TIME = "InvalidTimeStamp.Expired"


@pytest.fixture
def log(caplog):
    """Return the texts of what alicred logged since the last look, with their levels."""
    caplog.set_level(logging.DEBUG, "alicred")

    def log():
        lines = [f"{record.levelname} {record.getMessage()}" for record in caplog.records]
        caplog.clear()
        return lines

    return log


@pytest.fixture
def role(provide):
    """Build a provider over a transport."""
    return lambda transport: provide(transport, "ram_role_arn", **PARAMETERS)


@pytest.fixture
def ahead(granted):
    """A grant by a service whose clock runs ahead."""

    def ahead(seconds, until):
        return Reply(200, granted(Expiration=until), server_ahead=float(seconds))

    return ahead


def dates(transport):
    """Return the times that were signed since the last look."""
    found = [headers["x-acs-date"] for _, _, headers in transport.sent]
    transport.sent.clear()
    return found


@pytest.mark.parametrize(
    ("off", "signed", "until"),
    [
        (8 * HOUR, "2027-01-15T16:00:00Z", "2027-01-15T17:00:00Z"),
        (-8 * HOUR, "2027-01-15T00:00:00Z", "2027-01-15T01:00:00Z"),
        (960, "2027-01-15T08:16:00Z", "2027-01-15T09:16:00Z"),
        (40 * 365 * 24 * HOUR, "2067-01-05T08:00:00Z", "2067-01-05T09:00:00Z"),
    ],
)
def test_a_call_that_is_out_of_time_is_signed_once_more_with_the_services_time(
    script, role, refusal, ahead, now, off, signed, until
):
    """The Date of the refusal tells the time, and the credential ends an hour later by the local clock."""
    transport = script(refusal(OUT_OF_TIME, ahead=float(off)), ahead(off, until))
    credential = role(transport).fetch(now).credential
    assert dates(transport) == ["2027-01-15T08:00:00Z", signed]
    assert credential.expires_at == now + HOUR


def test_the_second_call_is_another_request(script, role, refusal, ahead, now):
    """It has a nonce and a signature of its own, and shares the deadline of the first."""
    transport = script(refusal(OUT_OF_TIME, ahead=8.0 * HOUR), ahead(8 * HOUR, "2027-01-15T17:00:00Z"))
    role(transport).fetch(now)
    (_, _, first), (_, _, second) = transport.sent
    assert first["x-acs-signature-nonce"] != second["x-acs-signature-nonce"]
    assert first["Authorization"] != second["Authorization"]
    assert transport.conversations == 1


def test_what_was_learnt_holds_for_the_next_call(script, role, refusal, ahead, now):
    """A wrong clock costs one request, once."""
    transport = script(
        refusal(OUT_OF_TIME, ahead=8.0 * HOUR),
        ahead(8 * HOUR, "2027-01-15T17:00:00Z"),
        ahead(8 * HOUR, "2027-01-15T18:00:00Z"),
    )
    provider = role(transport)
    provider.fetch(now)
    dates(transport)
    provider.fetch(now + 3000)
    assert dates(transport) == ["2027-01-15T16:50:00Z"]


def test_a_clock_that_was_put_right_is_believed_again(script, role, refusal, ahead, granted, now, log):
    """What was learnt is wrong then, and the same rule finds it out; the log tells both changes."""
    transport = script(
        refusal(OUT_OF_TIME, ahead=8.0 * HOUR),
        ahead(8 * HOUR, "2027-01-15T17:00:00Z"),
        refusal(OUT_OF_TIME),
        granted(Expiration="2027-01-15T18:00:00Z"),
        granted(Expiration="2027-01-15T19:00:00Z"),
    )
    provider = role(transport)
    provider.fetch(now)
    provider.fetch(now + 9 * HOUR)
    dates(transport)
    provider.fetch(now + 9 * HOUR + 1)
    assert dates(transport) == ["2027-01-15T17:00:01Z"]
    assert log() == [
        "WARNING ram_role_arn: this machine's clock is off: STS is ahead by 28800 s",
        "INFO ram_role_arn: this machine's clock agrees with that of STS again",
    ]


@pytest.mark.parametrize("off", [0.0, 6.0, -59.0])
def test_a_date_that_agrees_is_no_reason_to_ask_again(script, role, refusal, now, off):
    """Then the time stamp is refused for another reason, or nobody knows the time."""
    transport = script(refusal(OUT_OF_TIME, ahead=off))
    with pytest.raises(CredentialRefusedError, match="Set this machine's clock") as caught:
        role(transport).fetch(now)
    assert caught.value.code == OUT_OF_TIME
    assert len(transport.sent) == 1


def test_the_services_time_is_tried_once(script, role, refusal, now):
    """A service that knows two times is not asked for ever."""
    transport = script(refusal(OUT_OF_TIME, ahead=8.0 * HOUR), refusal(OUT_OF_TIME, ahead=-8.0 * HOUR))
    with pytest.raises(CredentialRefusedError):
        role(transport).fetch(now)
    assert len(transport.sent) == 2


@pytest.mark.parametrize("code", ["InvalidTimeStamp.Format", "NoPermission", "SignatureNonceUsed"])
def test_no_other_refusal_is_about_the_clock(script, role, refusal, now, code):
    """A clock that is off by hours is not what they complain of."""
    transport = script(refusal(code, ahead=8.0 * HOUR))
    with pytest.raises(CredentialException):
        role(transport).fetch(now)
    assert len(transport.sent) == 1


def test_a_second_call_that_gets_no_answer_is_an_outage(script, role, refusal, now):
    """What was learnt before it is kept."""
    silence = NoReply("had not answered in full within 5 s.", connected=True)
    transport = script(refusal(OUT_OF_TIME, ahead=8.0 * HOUR), silence, refusal("NoPermission", 403))
    provider = role(transport)
    with pytest.raises(CredentialException, match="had not answered") as caught:
        provider.fetch(now)
    assert caught.value.temporary
    dates(transport)
    with pytest.raises(CredentialRefusedError):
        provider.fetch(now)
    assert dates(transport) == ["2027-01-15T16:00:00Z"]


def test_an_unsigned_call_has_the_services_time_too(script, provide, refusal, ahead, now, tmp_path):
    """A time stamp is checked whether it is signed or not."""
    token = tmp_path / "token"
    token.write_text("a.b.c")
    transport = script(refusal(OUT_OF_TIME, ahead=8.0 * HOUR), ahead(8 * HOUR, "2027-01-15T17:00:00Z"))
    provide(
        transport,
        "oidc_role_arn",
        role_arn=PARAMETERS["role_arn"],
        oidc_provider_arn="acs:ram::1234567890123456:oidc-provider/ack",
        oidc_token_file_path=str(token),
    ).fetch(now)
    assert [form["Timestamp"] for form in transport.forms()] == [
        "2027-01-15T08:00:00Z",
        "2027-01-15T16:00:00Z",
    ]
