"""The OAuth service of both sites: what SDKs, aliyun-cli and a browser ask of it, without sockets.

The user never hesitates: a browser that asks for a code is sent back with one at once. In the real world it
asks at another host than programs do.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from alicred_emulator.clock import wire_time
from alicred_emulator.keys import masked
from alicred_emulator.messages import Reply, document
from alicred_emulator.oauth.call import OAuthCall
from alicred_emulator.oauth.checks import CHECKS
from alicred_emulator.oauth.sign_ins import TokenPair
from alicred_emulator.parameters import FORM_TYPE
from alicred_emulator.sign_in import checks
from alicred_emulator.sign_in.call import Operation
from alicred_emulator.sign_in.desk import Desk
from alicred_emulator.sign_in.refusals import Refusal

ORIGIN: Final = "oauth"
_NEVER_STORED: Final = ("Cache-Control", "no-store")
_FOUND: Final = 302


def authorize(call: OAuthCall) -> Reply:
    """Send the browser back with a code."""
    code = call.world.sign_ins.consent(call.client_id, call.redirect_uri, call.proof_key)
    return _sent_back(call, {"code": code.text})


def token(call: OAuthCall) -> Reply:
    """Answer with tokens, for a code or for a refresh token."""
    pair = _pair(call)
    content = {
        "access_token": pair.access.text,
        "refresh_token": pair.refresh.text,
        "expires_in": call.world.sign_ins.access_token_lifetime // timedelta(seconds=1),
        "token_type": "Bearer",
    }
    return replace(document(content), headers=(_NEVER_STORED,))


def exchange(call: OAuthCall) -> Reply:
    """Answer with a session, in both spellings of its fields.

    Five clients read the one and Alibaba's SDK for Python the other; which the service writes is not known.
    """
    if call.access_token is None:
        raise LookupError("the decision table let an access token pass that nobody has")
    issued = call.world.ledger.issue(
        holder=call.access_token.given.principal,
        origin=ORIGIN,
        issued_at=call.now.replace(microsecond=0),
        lifetime=call.world.sign_ins.credential_lifetime,
    )
    credential = {
        "accessKeyId": issued.access_key_id,
        "accessKeySecret": issued.access_key_secret,
        "securityToken": issued.security_token,
        "expiration": wire_time(issued.expires_at),
    }
    capitalized = {name[0].upper() + name[1:]: value for name, value in credential.items()}
    content = {"requestId": call.world.mint.request_id(), **credential, **capitalized}
    return replace(document(content), detail=f"issued {masked(issued.access_key_id)}")


def revoke(call: OAuthCall) -> Reply:
    """Revoke a token; one that is none is no mistake (RFC 7009)."""
    call.world.sign_ins.revoke(call.parameters["token"])
    return document({"requestId": call.world.mint.request_id()})


def _pair(call: OAuthCall) -> TokenPair:
    sign_ins = call.world.sign_ins
    if call.refresh_token is not None:
        return sign_ins.refresh(call.refresh_token)
    if call.code is None:
        raise LookupError("the decision table let a grant pass that names nothing")
    call.code.withdrawn = True
    return sign_ins.begin(call.code.given.sign_in)


def _sent_back(call: OAuthCall, words: Mapping[str, str]) -> Reply:
    if "state" in call.parameters:
        words = {**words, "state": call.parameters["state"]}
    joint = "&" if "?" in call.redirect_uri else "?"
    location = f"{call.redirect_uri}{joint}{urlencode(words)}"
    return Reply(status=_FOUND, content_type="", headers=(("Location", location), _NEVER_STORED))


def _refused(call: OAuthCall, refusal: Refusal, code: str, message: str) -> Reply:
    words = {"error": code, "error_description": message}
    if refusal.redirected and call.redirect_uri:
        return _sent_back(call, words)
    return document({**words, "requestId": call.world.mint.request_id()}, status=refusal.status)


OAUTH: Final = Desk(
    service=ORIGIN,
    call=OAuthCall,
    checks={**checks.CHECKS, **CHECKS},
    refuse=_refused,
    operations={
        "Authorize": Operation(path="/oauth2/v1/auth", method="GET", answer=authorize),
        "Token": Operation(
            path="/v1/token", answer=token, body_type=FORM_TYPE, needs=("grant_type", "client_id")
        ),
        "Exchange": Operation(path="/v1/exchange", answer=exchange),
        "Revoke": Operation(
            path="/v1/revoke", answer=revoke, body_type=FORM_TYPE, needs=("token", "client_id")
        ),
    },
)
"""What the OAuth service answers."""
