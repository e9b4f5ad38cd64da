"""DescribeRegions of ECS: whether a credential works, whichever fake it is from."""

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

SIGNED = ["V1 GET", "V1 POST", "ACS3"]
TOKEN_HEADER = "X-aliyun-ecs-metadata-token"
ROLE_PATH = "/latest/meta-data/ram/security-credentials/demo-role"


def key_of(document: dict[str, str]) -> Any:
    """Return the key that a document of a credential holds, as a client would keep it."""
    return SimpleNamespace(
        access_key_id=document["AccessKeyId"],
        access_key_secret=document["AccessKeySecret"],
        security_token=document["SecurityToken"],
    )


@pytest.fixture
def from_imds(world, ask):
    """The credential that the metadata service shows."""
    return key_of(json.loads(ask(world.imds, ROLE_PATH)[1]))


@pytest.fixture
def from_uri(world, ask):
    """The credential that the credentials URI shows."""
    return key_of(json.loads(ask(world.credentials_uri, "/credentials")[1]))


@pytest.fixture
def from_sts(world, draft):
    """The credential of an assumed role."""
    return key_of(draft("AssumeRole", world=world._world).ask().content["Credentials"])


def code(answer: Any) -> str:
    """Return the code of a refusal, ``granted`` if it is none."""
    return str(answer.content.get("Code", "granted"))


@pytest.mark.parametrize("style", [*SIGNED, "BEARER"])
@pytest.mark.parametrize("wanted", ["JSON", "XML"])
def test_the_regions_are_described(draft, style, wanted):
    """As the published sample: regions with id, endpoint and name; Hangzhou is among them."""
    answer = draft("DescribeRegions", style).say(Format=wanted, RegionId="cn-hangzhou").ask()
    assert list(answer.content) == ["RequestId", "Regions"]
    regions = {region["RegionId"]: region for region in answer.content["Regions"]["Region"]}
    assert len(regions) > 5
    assert regions["cn-hangzhou"] == {
        "RegionId": "cn-hangzhou",
        "RegionEndpoint": "ecs.cn-hangzhou.aliyuncs.com",
        "LocalName": "China (Hangzhou)",
    }


@pytest.mark.parametrize("origin", ["from_imds", "from_uri", "from_sts"])
@pytest.mark.parametrize("style", SIGNED)
def test_what_one_fake_issued_another_accepts(world, draft, request, origin, style):
    """A credential works until it ends, whoever handed it out; each use is counted."""
    key = request.getfixturevalue(origin)
    assert code(draft("DescribeRegions", style, world._world).signed_by(key).ask()) == "granted"
    assert world.ledger.get(key.access_key_id).uses == 1


@pytest.mark.parametrize(
    ("origin", "hours"), [("from_imds", 6), ("from_uri", 1), ("from_sts", 1)], ids=["imds", "uri", "sts"]
)
@pytest.mark.parametrize("style", SIGNED)
def test_a_credential_ends_at_the_second(world, draft, request, origin, hours, style):
    """One microsecond before its end it works, and at its end it is expired."""
    key = request.getfixturevalue(origin)
    world.clock.shift(timedelta(hours=hours, microseconds=-1))
    assert code(draft("DescribeRegions", style, world._world).signed_by(key).ask()) == "granted"
    world.clock.shift(timedelta(microseconds=1))
    answer = draft("DescribeRegions", style, world._world).signed_by(key).ask()
    assert (answer.status, code(answer)) == (400, "InvalidSecurityToken.Expired")


def test_both_credentials_of_an_overlap_work(world, ask, draft, from_imds):
    """The metadata service shows the next one half an hour before the former ends (documented)."""
    world.clock.shift(hours=5, minutes=45)
    following = key_of(json.loads(ask(world.imds, ROLE_PATH)[1]))
    assert following.access_key_id != from_imds.access_key_id
    for key in (from_imds, following):
        assert code(draft("DescribeRegions", world=world._world).signed_by(key).ask()) == "granted"


def test_a_credential_does_not_work_before_its_beginning(world, draft, from_sts):
    """A clock that was moved back finds nothing good that is not issued yet."""
    world.clock.shift(seconds=-1)
    answer = draft("DescribeRegions", world=world._world).signed_by(from_sts).ask()
    assert code(answer) == "InvalidSecurityToken.Expired"


@pytest.mark.parametrize("style", SIGNED)
def test_the_parts_of_two_credentials_do_not_work_together(world, draft, from_imds, from_sts, style):
    """Whoever reads id, secret and token one after the other may get them of two."""
    one, other = vars(from_imds), vars(from_sts)
    mixed = {
        "security_token": "InvalidSecurityToken.MismatchWithAccessKey",
        "access_key_secret": "SignatureDoesNotMatch",
        "access_key_id": "InvalidSecurityToken.MismatchWithAccessKey",
    }
    for part, expected in mixed.items():
        key = SimpleNamespace(**{**one, part: other[part]})
        assert code(draft("DescribeRegions", style, world._world).signed_by(key).ask()) == expected


@pytest.mark.parametrize("style", SIGNED)
@pytest.mark.parametrize(
    ("token", "expected"),
    [
        (None, "MissingSecurityToken"),
        ("", "MissingSecurityToken"),
        ("nonsense", "InvalidSecurityToken.Malformed"),
        ("CAISnobodys", "InvalidSecurityToken.MismatchWithAccessKey"),
    ],
)
def test_a_session_needs_its_own_token(world, draft, from_sts, style, token, expected):
    """Without it, with an empty one, with something else: refused."""
    call = draft("DescribeRegions", style, world._world).signed_by(from_sts)
    assert code(call.say(SecurityToken=token).ask()) == expected


def test_a_token_with_a_byte_more_is_another(world, draft, from_sts):
    """A token is compared as a whole."""
    token = from_sts.security_token
    for other in (token[:-1], token + "A", token.swapcase().replace("cais", "CAIS", 1)):
        call = draft("DescribeRegions", world=world._world).signed_by(from_sts)
        assert code(call.say(SecurityToken=other).ask()) == "InvalidSecurityToken.MismatchWithAccessKey"


@pytest.mark.parametrize("style", SIGNED)
def test_a_key_works_while_it_is_active(draft, small_world, style):
    """Deactivated it is refused, activated it works again, deleted it is unknown."""
    key = small_world.user.add_access_key()

    def answered() -> str:
        return code(draft("DescribeRegions", style).signed_by(key).ask())

    assert answered() == "granted"
    key.status = "Inactive"
    assert answered() == "InvalidAccessKeyId.Inactive"
    key.status = "Active"
    assert answered() == "granted"
    key.delete()
    assert answered() == "InvalidAccessKeyId.NotFound"


def test_a_session_outlives_the_key_that_began_it(draft, small_world):
    """A session is a credential of its own."""
    key = small_world.user.add_access_key()
    issued = key_of(draft().signed_by(key).ask().content["Credentials"])
    key.delete()
    assert code(draft("DescribeRegions").signed_by(issued).ask()) == "granted"


def test_a_root_and_a_session_key_work(draft, small_world):
    """Whatever proves who calls is enough here."""
    root = small_world.ram.root.add_access_key()
    assert code(draft("DescribeRegions").signed_by(root).ask()) == "granted"
    told = draft("GenerateSessionAccessKey").ask().content["SessionAccessKey"]
    key = small_world.ledger.get(told["SessionAccessKeyId"])
    assert code(draft("DescribeRegions").signed_by(key).ask()) == "granted"
    call = draft("DescribeRegions").signed_by(key).say(SecurityToken="CAISnobodys")
    assert code(call.ask()) == "InvalidSecurityToken.MismatchWithAccessKey"
    small_world.clock.shift(hours=1)
    assert code(draft("DescribeRegions").signed_by(key).ask()) == "InvalidSecurityToken.Expired"


def test_a_bearer_token_works_in_a_header_and_as_a_parameter(draft, small_world):
    """The product SDKs send it in a header; a parameter of its own name will do as well."""
    token = small_world.user.add_bearer_token()
    assert code(draft("DescribeRegions", "BEARER").say(BearerToken=token).ask()) == "granted"
    said = {"SignatureType": "BEARERTOKEN", "BearerToken": token, "AccessKeyId": None, "Signature": None}
    assert code(draft("DescribeRegions").say(**said).ask()) == "granted"
    assert code(draft("DescribeRegions").say(**said | {"BearerToken": "x"}).ask()) == "InvalidBearerToken"


def test_a_bearer_token_works_for_ever(draft, small_world):
    """It has no end that the fake would know of."""
    token = small_world.user.add_bearer_token()
    small_world.clock.shift(days=10_000)
    assert code(draft("DescribeRegions", "BEARER").say(BearerToken=token).ask()) == "granted"


def test_nobody_is_nobody(draft):
    """Without any proof the key is what is missing."""
    said = dict.fromkeys(
        ["AccessKeyId", "Signature", "SignatureNonce", "SignatureMethod", "SignatureVersion"]
    )
    answer = draft("DescribeRegions").say(**said).ask()
    assert (answer.status, code(answer)) == (400, "MissingAccessKeyId")


def test_a_host_of_ecs_may_be_asked_in_the_clear(draft):
    """Unlike STS, the API of ECS has no rule about it that is known."""
    call = draft("DescribeRegions")
    call.secure = False
    assert code(call.ask()) == "granted"


def test_a_reset_forgets_what_was_issued(draft, small_world):
    """A credential of the test before is unknown to the next."""
    issued = draft().ask().content["Credentials"]
    small_world.reset()
    answer = draft("DescribeRegions").signed_by(key_of(issued)).ask()
    assert code(answer) == "InvalidAccessKeyId.NotFound"
