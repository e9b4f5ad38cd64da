"""moto's STS: the fake of another cloud's, with its own user and role, asked as that cloud's clients ask.

Requests are signed by botocore, which moto brings. As it comes, moto does not look at signatures.
"""

import json
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from benchmarks.assume_role import FORM_TYPE, SESSION_SECONDS, Caller
from benchmarks.moto_process import moto_server
from benchmarks.wire import address_of, http_request

_REGION = "us-east-1"
_USER, _ROLE, _POLICY = "benchmark-user", "benchmark-role", "benchmark-policy"
# Until so many actions were taken, nobody is asked who they are: as many as make the user.
_SETTING = {"INITIAL_NO_AUTH_ACTION_COUNT": "4"}


@contextmanager
def moto_sts(*, authenticating: bool) -> Generator[tuple[str, Caller], None, None]:
    """Serve it for the length of the block; yields its URL, and a user who may assume a role there.

    Raises:
        ChildFailed: moto is not installed, or does not answer.
    """
    with moto_server(_SETTING if authenticating else None) as url:
        yield url, _caller(url)


def assume_role_request(url: str, caller: Caller) -> bytes:
    """Return a call of its AssumeRole, which it takes as often as it is sent."""
    from botocore.auth import SigV4Auth  # noqa: PLC0415 - comes with moto, which may be missing
    from botocore.awsrequest import AWSRequest  # noqa: PLC0415 - same
    from botocore.credentials import Credentials  # noqa: PLC0415 - same

    parameters = {
        "Action": "AssumeRole",
        "DurationSeconds": str(SESSION_SECONDS),
        "RoleArn": caller.role_arn,
        "RoleSessionName": "benchmark",
        "Version": "2011-06-15",
    }
    body = urlencode(parameters).encode()
    request = AWSRequest("POST", f"{url}/", headers={"Content-Type": FORM_TYPE}, data=body)
    SigV4Auth(Credentials(caller.access_key_id, caller.access_key_secret), "sts", _REGION).add_auth(request)
    host, port = address_of(url)
    return http_request("POST", "/", f"{host}:{port}", dict(request.headers.items()), body)


def _caller(url: str) -> Caller:
    iam = _iam(url)
    user = iam.create_user(UserName=_USER)["User"]
    key = iam.create_access_key(UserName=_USER)["AccessKey"]
    allowed = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    iam.put_user_policy(
        UserName=_USER, PolicyName=_POLICY, PolicyDocument=_policy({**allowed, "Resource": "*"})
    )
    trust = _policy({**allowed, "Principal": {"AWS": user["Arn"]}})
    role = iam.create_role(RoleName=_ROLE, AssumeRolePolicyDocument=trust)["Role"]
    return Caller(key["AccessKeyId"], key["SecretAccessKey"], role["Arn"])


def _iam(url: str) -> Any:
    from botocore.session import Session  # noqa: PLC0415 - comes with moto, which may be missing

    return Session().create_client(
        "iam",
        region_name=_REGION,
        endpoint_url=url,
        aws_access_key_id="nobody",
        aws_secret_access_key="nothing",
    )


def _policy(statement: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
