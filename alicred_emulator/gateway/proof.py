"""What a request presents to prove who sends it, in whichever of the styles that clients use.

``V1`` puts it into parameters, ``ACS3`` into headers, ``BEARER`` is a token without a signature, and ``NONE``
is nothing at all, which is enough for the actions that an identity provider vouches for.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from alicred_emulator.messages import Headers

V1: Final = "V1"
ACS3: Final = "ACS3"
BEARER: Final = "BEARER"
NONE: Final = "NONE"

BEARER_HEADER: Final = "x-acs-bearer-token"
CONTENT_HEADER: Final = "x-acs-content-sha256"
_AUTHORIZATION: Final = re.compile(r"(ACS3-[A-Z0-9-]+)((?: .*)?)")
_PART: Final = re.compile(r"(Credential|SignedHeaders|Signature)=([^,\s]+)")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Proof:
    """What was presented; empty texts for what is not there.

    Attributes:
        style: ``V1``, ``ACS3``, ``BEARER`` or ``NONE``.
        key_id: The id of the key.
        security_token: The token that goes with a session's key.
        bearer_token: The token that takes the place of key and signature.
        method: How the signature was made, such as ``HMAC-SHA1``.
        signature: The signature.
        signed_headers: The headers that an ACS3 signature covers, in lower case.
        nonce: What makes the request unlike every other.
        timestamp: When it was made, as the client wrote it.
        required: The parameters that a request in this style must have, to what it has.
    """

    style: str
    key_id: str = ""
    security_token: str = ""
    bearer_token: str = ""
    method: str = ""
    signature: str = ""
    signed_headers: tuple[str, ...] = ()
    nonce: str = ""
    timestamp: str = ""
    required: Mapping[str, str]


def presented(headers: Headers, parameters: Mapping[str, str]) -> Proof:
    """Read what a request presents.

    Args:
        headers: Its header fields.
        parameters: Its parameters, of query and body.

    Returns:
        The proof, not judged yet.
    """
    authorization = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if authorization is not None:
        return _acs3(authorization[1], dict(_PART.findall(authorization[2])), headers)
    if BEARER_HEADER in headers or parameters.get("SignatureType") == "BEARERTOKEN":
        return _bearer(headers, parameters)
    if "AccessKeyId" in parameters:
        return _v1(parameters)
    timestamp = parameters.get("Timestamp") or headers.get("x-acs-date", "")
    return Proof(style=NONE, timestamp=timestamp, required={"AccessKeyId": ""})


def _acs3(method: str, parts: Mapping[str, str], headers: Headers) -> Proof:
    nonce, timestamp = headers.get("x-acs-signature-nonce", ""), headers.get("x-acs-date", "")
    return Proof(
        style=ACS3,
        key_id=parts.get("Credential", ""),
        security_token=headers.get("x-acs-security-token", ""),
        method=method,
        signature=parts.get("Signature", ""),
        signed_headers=tuple(filter(None, parts.get("SignedHeaders", "").lower().split(";"))),
        nonce=nonce,
        timestamp=timestamp,
        required={"SignatureNonce": nonce, "Timestamp": timestamp},
    )


def _bearer(headers: Headers, parameters: Mapping[str, str]) -> Proof:
    token = headers.get(BEARER_HEADER) or parameters.get("BearerToken", "")
    timestamp = headers.get("x-acs-date") or parameters.get("Timestamp", "")
    return Proof(
        style=BEARER,
        bearer_token=token,
        timestamp=timestamp,
        required={"BearerToken": token, "Timestamp": timestamp},
    )


def _v1(parameters: Mapping[str, str]) -> Proof:
    wanted = (
        "AccessKeyId",
        "SignatureMethod",
        "SignatureVersion",
        "SignatureNonce",
        "Timestamp",
        "Signature",
    )
    required = {name: parameters.get(name, "") for name in wanted}
    return Proof(
        style=V1,
        key_id=required["AccessKeyId"],
        security_token=parameters.get("SecurityToken", ""),
        method=required["SignatureMethod"],
        signature=required["Signature"],
        nonce=required["SignatureNonce"],
        timestamp=required["Timestamp"],
        required=required,
    )
