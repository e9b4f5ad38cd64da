"""CloudSSO's sign-in host: what SDKs and aliyun-cli ask of it, without sockets.

The user never hesitates: whoever opens the page that a device points to has approved the device.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from alicred_emulator.clock import wire_time
from alicred_emulator.cloud_sso.call import CloudSsoCall, next_token
from alicred_emulator.cloud_sso.checks import CHECKS
from alicred_emulator.cloud_sso.directory import (
    ACCESS_TOKEN_LIFETIME,
    DEVICE_CODE_LIFETIME,
    NAME,
    SIGN_IN_HOST,
    USER_NAME,
    Device,
    user_code_of,
)
from alicred_emulator.keys import masked
from alicred_emulator.messages import JSON_TYPE, Reply, document, text
from alicred_emulator.sign_in import checks
from alicred_emulator.sign_in.call import Operation
from alicred_emulator.sign_in.desk import Desk
from alicred_emulator.sign_in.refusals import Refusal

ORIGIN: Final = "cloud_sso"
SIGN_IN_PATH: Final = f"/{NAME}/login"
"""The path of the directory's sign-in URL, which clients take the host from."""

POLL_SECONDS: Final = 1
"""How long a device waits between two questions; short, since the user never hesitates."""

_VERIFICATION_PATH: Final = "/device"


def create_cloud_credential(call: CloudSsoCall) -> Reply:
    """Answer with a session in the account."""
    account, configuration = (call.parameters[name] for name in ("AccountId", "AccessConfigurationId"))
    [entered] = call.world.cloud_sso.assigned(account, configuration)
    issued = call.world.ledger.issue(
        holder=entered.roles[account].session(_user_of(call)),
        origin=ORIGIN,
        issued_at=call.now.replace(microsecond=0),
        lifetime=timedelta(seconds=entered.session_duration),
    )
    credential = {
        "AccessKeyId": issued.access_key_id,
        "AccessKeySecret": issued.access_key_secret,
        "SecurityToken": issued.security_token,
        "Expiration": wire_time(issued.expires_at),
    }
    reply = _granted(call, {"CloudCredential": credential})
    return replace(reply, detail=f"issued {masked(issued.access_key_id)}")


def list_accounts(call: CloudSsoCall) -> Reply:
    """Answer with the accounts that may be entered."""
    entries = [
        {"AccountId": account, "DisplayName": f"Fake account {account}"}
        for account in call.world.cloud_sso.account_ids
    ]
    return _page(call, "Accounts", entries)


def list_access_configurations(call: CloudSsoCall) -> Reply:
    """Answer with what an account may be entered with."""
    entries = [
        {
            "AccessConfigurationId": made.id,
            "AccessConfigurationName": made.name,
            "AccessConfigurationDescription": made.description,
        }
        for made in call.world.cloud_sso.assigned(call.parameters["AccountId"])
    ]
    return _page(call, "AccessConfigurationsForAccount", entries)


def authorize_device(call: CloudSsoCall) -> Reply:
    """Answer a program that wants a user to sign in for it."""
    device = Device(client_id=call.parameters["ClientId"], proof_key=call.proof_key)
    code = call.world.cloud_sso.device_codes.issue(device, DEVICE_CODE_LIFETIME)
    scheme = "https" if call.request.secure else "http"
    page = f"{scheme}://{call.request.host or SIGN_IN_HOST}{_VERIFICATION_PATH}"
    return _granted(
        call,
        {
            "DeviceCode": code.text,
            "UserCode": user_code_of(code),
            "VerificationUri": page,
            "VerificationUriComplete": f"{page}?user_code={user_code_of(code)}",
            "ExpiresIn": DEVICE_CODE_LIFETIME // timedelta(seconds=1),
            "Interval": POLL_SECONDS,
        },
    )


def approve_device(call: CloudSsoCall) -> Reply:
    """Answer the user's browser, and let the device have its token."""
    code = call.world.cloud_sso.waiting(call.parameters["user_code"])
    if code is None:
        raise LookupError("the decision table let a user code pass that nobody has")
    code.given.approved = True
    return text("You have signed in. The program that waits for it goes on by itself.\n")


def create_access_token(call: CloudSsoCall) -> Reply:
    """Answer a program whose user has signed in; its device code is used up."""
    code = call.device_code
    if code is None:
        raise LookupError("the decision table let a device code pass that nobody has")
    code.withdrawn = True
    token = call.world.cloud_sso.access_tokens.issue(USER_NAME, ACCESS_TOKEN_LIFETIME)
    return _granted(
        call,
        {
            "AccessToken": token.text,
            "ExpiresIn": ACCESS_TOKEN_LIFETIME // timedelta(seconds=1),
            "TokenType": "Bearer",
        },
    )


def _user_of(call: CloudSsoCall) -> str:
    if call.access_token is None:
        raise LookupError("the decision table let an access token pass that nobody has")
    return call.access_token.given


def _page(call: CloudSsoCall, name: str, entries: Sequence[object]) -> Reply:
    begin, most = call.offset or 0, call.max_results or 0
    end = begin + most
    truncated = end < len(entries)
    following = {"NextToken": next_token(end)} if truncated else {}
    return _granted(call, {name: entries[begin:end], "IsTruncated": truncated, **following})


def _granted(call: CloudSsoCall, content: Mapping[str, object]) -> Reply:
    return document({**content, "RequestId": call.world.mint.request_id()})


def _refused(call: CloudSsoCall, refusal: Refusal, code: str, message: str) -> Reply:
    content = {"ErrorCode": code, "ErrorMessage": message, "RequestId": call.world.mint.request_id()}
    return document(content, status=refusal.status)


CLOUD_SSO: Final = Desk(
    service=ORIGIN,
    call=CloudSsoCall,
    checks={**checks.CHECKS, **CHECKS},
    refuse=_refused,
    operations={
        "CloudCredential": Operation(
            path="/cloud-credentials",
            answer=create_cloud_credential,
            body_type=JSON_TYPE,
            needs=("AccountId", "AccessConfigurationId"),
        ),
        "DeviceAuthorization": Operation(
            path="/device-authorization",
            answer=authorize_device,
            body_type=JSON_TYPE,
            needs=("PortalUrl", "ClientId", "CodeChallenge", "CodeChallengeMethod"),
        ),
        "DeviceApproval": Operation(
            path=_VERIFICATION_PATH, method="GET", answer=approve_device, needs=("user_code",)
        ),
        "AccessToken": Operation(
            path="/token",
            answer=create_access_token,
            body_type=JSON_TYPE,
            needs=("GrantType", "ClientId", "DeviceCode", "CodeVerifier"),
        ),
        "Accounts": Operation(path="/access-assignments/accounts", method="GET", answer=list_accounts),
        "AccessConfigurations": Operation(
            path="/access-assignments/access-configurations",
            method="GET",
            answer=list_access_configurations,
            needs=("AccountId",),
        ),
    },
)
"""What CloudSSO answers."""
