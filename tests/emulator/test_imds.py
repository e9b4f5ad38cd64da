import base64
import json
import shutil
import subprocess
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alicred_emulator.clock import EmulatorClock
from alicred_emulator.imds import answer
from alicred_emulator.imds_tree import OPERATIONS, operation
from alicred_emulator.messages import Headers, Reply, Request
from alicred_emulator.world import World

ROLE_PATH = "/latest/meta-data/ram/security-credentials/"
TTL = "X-aliyun-ecs-metadata-token-ttl-seconds"
TOKEN = "X-aliyun-ecs-metadata-token"


def make_request(path: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> Request:
    """Make a request with some headers."""
    return Request.of(method, path, Headers((headers or {}).items()))


def get(world: World, path: str, **headers: str) -> Reply:
    """GET a path; underscores in header names stand for hyphens."""
    return answer(
        world, make_request(path, headers={name.replace("_", "-"): headers[name] for name in headers})
    )


def value(world: World, item: str) -> str:
    """GET an item under meta-data and return its text."""
    reply = get(world, f"/latest/meta-data/{item}")
    assert reply.status == 200, item
    return reply.payload.decode()


def put_token(world: World, ttl: str | None = "60", **headers: str) -> Reply:
    """Ask for a token."""
    given = {name.replace("_", "-"): headers[name] for name in headers}
    return answer(
        world, make_request("/latest/api/token", "PUT", given | ({} if ttl is None else {TTL: ttl}))
    )


def token(world: World, ttl: int = 60) -> str:
    """Obtain a token."""
    reply = put_token(world, str(ttl))
    assert reply.status == 200
    return reply.payload.decode()


def with_token(world: World, given: str, path: str = ROLE_PATH) -> Reply:
    """GET a path with a token."""
    return answer(world, make_request(path, headers={TOKEN: given}))


class TestTokens:
    """Hardened mode."""

    @pytest.mark.parametrize("ttl", ["1", "21600"])
    def test_a_token_is_opaque_printable_ascii(self, small_world: World, ttl: str) -> None:
        """A TTL within its bounds gives a token without a newline, as plain text."""
        reply = put_token(small_world, ttl)
        assert (reply.status, reply.content_type) == (200, "text/plain")
        assert all(0x21 <= byte <= 0x7E for byte in reply.payload)
        assert len(reply.payload) <= 2048

    @pytest.mark.parametrize(
        "ttl", [None, "", "0", "-1", "21601", "21700", "abc", "1.5", "+5", "1e3", "9" * 40]
    )
    def test_a_bad_ttl_is_a_400(self, small_world: World, ttl: str | None) -> None:
        """A TTL that is missing, out of bounds or no number gets the documented 400."""
        reply = put_token(small_world, ttl)
        assert reply.status == 400
        assert b"<title>400 - Missing or Invalid Parameters</title>" in reply.payload

    @pytest.mark.parametrize("ttl", ["60", "abc", None])
    def test_a_proxy_gets_no_token(self, small_world: World, ttl: str | None) -> None:
        """X-Forwarded-For is a 403, whatever else is wrong."""
        reply = put_token(small_world, ttl, X_Forwarded_For="10.0.0.1")
        assert reply.status == 403
        assert b"403 - Forbidden" in reply.payload

    def test_tokens_differ_and_live_together(self, small_world: World) -> None:
        """Any number of tokens is alive at once."""
        tokens = {token(small_world) for _ in range(50)}
        assert len(tokens) == 50
        assert all(with_token(small_world, given).status == 200 for given in tokens)

    def test_a_token_ends_with_its_ttl(self, small_world: World, clock: EmulatorClock) -> None:
        """A token is good until the emulator's clock has moved by its TTL, and a 401 from then on."""
        given = token(small_world, 60)
        clock.shift(seconds=59.999)
        assert with_token(small_world, given).status == 200
        clock.shift(seconds=0.001)
        reply = with_token(small_world, given)
        assert reply.status == 401
        assert b"401 - Unauthorized" in reply.payload

    @pytest.mark.parametrize("mode", ["optional", "required"])
    @pytest.mark.parametrize("given", ["", "x", "a.b", "ünicode", "=.=", "AAAA.0"])
    def test_an_invalid_token_is_a_401_in_any_mode(self, small_world: World, mode: str, given: str) -> None:
        """A bad token is refused even where none would have been needed."""
        small_world.instance.http_tokens = mode
        assert with_token(small_world, given).status == 401

    def test_a_token_cannot_be_lengthened(self, small_world: World, clock: EmulatorClock) -> None:
        """A token whose expiry was edited is invalid."""
        claim, _, digest = token(small_world, 60).partition(".")
        expiry, _, number = base64.urlsafe_b64decode(claim).decode().partition("/")
        forged = base64.urlsafe_b64encode(f"{float(expiry) + 1e6:.6f}/{number}".encode()).decode()
        assert with_token(small_world, f"{claim}.{digest}").status == 200
        assert with_token(small_world, f"{forged}.{digest}").status == 401

    @pytest.mark.parametrize("foreign", ["!!{0}", "{0}!", "\n{0}", "{1}!.{2}", "{1}=.{2}", "{0}."])
    def test_a_token_has_one_spelling(self, small_world: World, foreign: str) -> None:
        """A token with characters around or within it that its encoding would drop is invalid."""
        given = token(small_world)
        claim, _, digest = given.partition(".")
        assert with_token(small_world, given).status == 200
        assert with_token(small_world, foreign.format(given, claim, digest)).status == 401

    def test_another_instance_refuses_the_token(self, small_world: World, clock: EmulatorClock) -> None:
        """A token belongs to one instance, and a reset makes a new one."""
        given = token(small_world)
        assert with_token(World(clock), given).status == 401
        small_world.reset()
        assert with_token(small_world, given).status == 401

    def test_required_refuses_requests_without_a_token(self, small_world: World) -> None:
        """While tokens are required, none is a 403 for every item; optional lets it pass."""
        assert get(small_world, ROLE_PATH).status == 200
        small_world.instance.http_tokens = "required"
        for path in (ROLE_PATH, "/", "/latest/meta-data/instance-id", "/latest/user-data"):
            assert get(small_world, path).status == 403
        assert with_token(small_world, token(small_world)).status == 200

    def test_header_names_have_no_case(self, small_world: World) -> None:
        """Token and TTL headers are read in any case."""
        request = make_request("/latest/api/token", "PUT", {TTL.upper(): "60"})
        given = answer(small_world, request).payload.decode()
        assert answer(small_world, make_request("/", headers={TOKEN.lower(): given})).status == 200

    def test_without_v2_tokens_are_unknown(self, small_world: World) -> None:
        """An instance without hardened mode has no token path and ignores a token header."""
        small_world.instance.imds_v2_supported = False
        reply = put_token(small_world)
        assert (reply.status, reply.placed) == (404, True)
        assert with_token(small_world, "whatever").status == 200

    def test_a_disabled_endpoint_refuses_everything(self, small_world: World) -> None:
        """A disabled service answers 403 to tokens and items alike, and works again when enabled."""
        small_world.instance.http_endpoint = "disabled"
        assert put_token(small_world).status == 403
        assert get(small_world, ROLE_PATH).status == 403
        small_world.instance.http_endpoint = "enabled"
        assert get(small_world, ROLE_PATH).status == 200


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_not_known(small_world: World, method: str) -> None:
    """Anything but GET on an item is a 405 (inferred)."""
    assert answer(small_world, make_request(ROLE_PATH, method)).status == 405


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_the_token_is_only_put(small_world: World, method: str) -> None:
    """Anything but PUT on the token is a 405 (inferred)."""
    assert answer(small_world, make_request("/latest/api/token", method)).status == 405


class TestRoleCredential:
    """The role and its credential."""

    @pytest.mark.parametrize(
        "path", [ROLE_PATH, ROLE_PATH.rstrip("/"), ROLE_PATH.replace("latest", "2016-01-01")]
    )
    def test_the_listing_is_the_name_alone(self, small_world: World, path: str) -> None:
        """The role's name has no newline, for Alibaba's SDK would put it into the next URL."""
        assert get(small_world, path).payload == b"demo-role"

    def test_the_document_is_as_documented(self, small_world: World) -> None:
        """The credential comes as six texts in the documented order, 6 hours long."""
        reply = get(small_world, ROLE_PATH + "demo-role")
        document = json.loads(reply.payload)
        assert list(document) == [
            "AccessKeyId", "AccessKeySecret", "Expiration", "SecurityToken", "LastUpdated", "Code",
        ]  # fmt: skip
        assert (document["LastUpdated"], document["Expiration"]) == (
            "2026-01-02T03:04:05Z",
            "2026-01-02T09:04:05Z",
        )
        assert document["Code"] == "Success"
        issued = small_world.ledger.get(document["AccessKeyId"])
        assert issued is not None
        assert issued.access_key_secret == document["AccessKeySecret"]
        assert (issued.origin, issued.principal.split("/")[1]) == ("imds", "demo-role")

    @pytest.mark.parametrize("name", ["other", "DEMO-ROLE", "demo-role/x", "%2e%2e"])
    def test_a_wrong_name_is_a_placed_404(self, small_world: World, name: str) -> None:
        """Another role's name is the recorded 404 page, and issues nothing."""
        reply = get(small_world, ROLE_PATH + name)
        assert (reply.status, reply.placed) == (404, True)
        assert b"<title>404 - Not Found</title>" in reply.payload
        assert small_world.ledger.credentials == ()

    def test_without_a_role_there_is_nothing(self, small_world: World) -> None:
        """Detached, listing and credential are 404 and the ram node is gone; attached, all is back."""
        assert "ram/" in value(small_world, "").split("\n")
        small_world.instance.role = None
        assert get(small_world, ROLE_PATH).status == 404
        assert get(small_world, ROLE_PATH + "demo-role").status == 404
        assert get(small_world, "/latest/meta-data/ram/").status == 404
        assert "ram/" not in value(small_world, "").split("\n")
        small_world.instance.role = "demo-role"
        assert get(small_world, ROLE_PATH).status == 200

    def test_a_swapped_role_shows_at_once(self, small_world: World) -> None:
        """After a swap the new role is listed and the old name is a 404."""
        small_world.ram.add_role("other")
        small_world.instance.role = "other"
        assert get(small_world, ROLE_PATH).payload == b"other"
        assert get(small_world, ROLE_PATH + "demo-role").status == 404
        assert get(small_world, ROLE_PATH + "other").status == 200


class TestTree:
    """Items and listings."""

    @pytest.mark.parametrize(
        ("path", "listing"),
        [
            ("/", ["2016-01-01", "latest"]),
            ("/latest", ["meta-data", "user-data", "dynamic"]),
            ("/2016-01-01/", ["meta-data", "user-data", "dynamic"]),
            ("/latest/dynamic/", ["instance-identity/"]),
            ("/latest/dynamic/instance-identity", ["document", "pkcs7"]),
            ("/latest/maintenance/", ["active-system-events"]),
            ("/latest/meta-data/ram", ["security-credentials/"]),
            ("/latest/meta-data/network/interfaces/macs/", ["00:16:3e:0f:00:01/"]),
            ("/latest/meta-data/dns-conf", ["nameservers"]),
        ],
    )
    def test_directories_list_their_children(self, small_world: World, path: str, listing: list[str]) -> None:
        """A directory lists one name a line, directories with a slash, with no newline at the end."""
        assert get(small_world, path).payload.decode() == "\n".join(listing)

    def test_the_root_of_the_metadata_is_as_recorded(self, small_world: World) -> None:
        """Both spellings of the directory list the recorded items."""
        names = value(small_world, "").split("\n")
        assert get(small_world, "/latest/meta-data").payload.decode().split("\n") == names
        assert names == sorted(names)
        recorded = (
            "dns-conf/ eipv4 hostname image-id instance-id instance/ mac network-type network/ ntp-conf/"
            " owner-account-id private-ipv4 region-id serial-number source-address vpc-cidr-block vpc-id"
            " vswitch-cidr-block vswitch-id zone-id disks/ hibernation/ ram/"
        )
        assert set(recorded.split()) <= set(names)

    def test_every_listed_item_can_be_read(self, small_world: World) -> None:
        """Walking the tree meets no 404, as cloud-init does."""

        def walk(path: str) -> list[str]:
            names = get(small_world, path).payload.decode().split("\n")
            found = []
            for name in names:
                reply = get(small_world, path + name)
                assert reply.status == 200, path + name
                found += walk(path + name) if name.endswith("/") else [path + name]
            return found

        assert len(walk("/latest/meta-data/")) >= len(small_world.instance.metadata)

    @pytest.mark.parametrize(
        ("item", "shown"),
        [
            ("network-type", "vpc"),
            ("dns-conf/nameservers", "100.100.2.136\n100.100.2.138"),
            ("network/interfaces/macs/00:16:3e:0f:00:01/private-ipv4s", '["192.168.1.10"]'),
            ("instance/virtualization-solution", "ECS Virt"),
        ],
    )
    def test_values_come_without_a_newline(self, small_world: World, item: str, shown: str) -> None:
        """Only the value is output; lists have the style of their item."""
        assert value(small_world, item) == shown

    def test_a_test_can_change_the_tree(self, small_world: World) -> None:
        """What a test puts into the metadata is served and listed, lists without quotes where documented."""
        small_world.instance.metadata["public-keys/mine/openssh-key"] = "ssh-rsa AAAA"
        small_world.instance.metadata["network/interfaces/macs/00:16:3e:0f:00:01/ipv6s"] = [
            "fd00::1",
            "fd00::2",
        ]
        assert value(small_world, "public-keys/") == "mine/"
        assert value(small_world, "public-keys/mine/openssh-key") == "ssh-rsa AAAA"
        assert value(small_world, "network/interfaces/macs/00:16:3e:0f:00:01/ipv6s") == "[fd00::1,fd00::2]"

    def test_all_is_the_tree_as_json(self, small_world: World) -> None:
        """`all` nests directories as objects and lists as arrays, and holds no credential."""
        reply = get(small_world, "/2016-01-01/meta-data/all")
        tree = json.loads(reply.payload)
        assert tree["instance"]["instance-type"] == "ecs.g6e.large"
        assert tree["dns-conf"]["nameservers"] == ["100.100.2.136", "100.100.2.138"]
        assert "ram" not in tree

    def test_tags_need_their_switch(self, small_world: World) -> None:
        """Tags are a documented 404 until they are enabled."""
        small_world.instance.tags["env:a@b"] = "dev"
        reply = get(small_world, "/latest/meta-data/tags/instance/env:a@b")
        assert (reply.status, reply.placed) == (404, True)
        small_world.instance.instance_metadata_tags = "enabled"
        assert value(small_world, "tags/instance/") == "env:a@b"
        assert value(small_world, "tags/instance/env%3Aa@b") == "dev"

    @pytest.mark.parametrize("name", [".", ".."])
    def test_a_tag_that_is_a_step_in_a_path_cannot_be_read(self, small_world: World, name: str) -> None:
        """Tags named with one dot or two are a documented 404."""
        small_world.instance.instance_metadata_tags = "enabled"
        small_world.instance.tags |= {name: "x", "...": "y"}
        reply = get(small_world, f"/latest/meta-data/tags/instance/{name}")
        assert (reply.status, reply.placed) == (404, True)
        assert value(small_world, "tags/instance/...") == "y"

    def test_spot_termination_is_announced_five_minutes_ahead(
        self, small_world: World, clock: EmulatorClock
    ) -> None:
        """The termination time is a 404 until 5 minutes before, then UTC to the second."""
        item = "/latest/meta-data/instance/spot/termination-time"
        assert (get(small_world, item).status, get(small_world, item).placed) == (404, True)
        at = clock.now() + timedelta(minutes=6)
        small_world.instance.schedule_spot_termination(at)
        clock.shift(seconds=59)
        assert get(small_world, item).status == 404
        clock.shift(seconds=1)
        assert get(small_world, item).payload == b"2026-01-02T03:10:05Z"
        small_world.instance.schedule_spot_termination(None)
        assert get(small_world, item).status == 404

    def test_a_spot_termination_may_be_at_any_date(self, small_world: World) -> None:
        """Before the first of them there are no five minutes."""
        for at, status in (("0001-01-01T00:00:00Z", 200), ("9999-12-31T23:59:59Z", 404)):
            small_world.instance.schedule_spot_termination(at)
            assert get(small_world, "/latest/meta-data/instance/spot/termination-time").status == status

    @pytest.mark.parametrize(
        ("name", "attribute"), [("user-data", "user_data"), ("vendor-data", "vendor_data")]
    )
    def test_data_are_raw(self, small_world: World, name: str, attribute: str) -> None:
        """User and vendor data are a placed 404 until given, then exactly those bytes."""
        reply = get(small_world, f"/latest/{name}")
        assert (reply.status, reply.placed) == (404, True)
        setattr(small_world.instance, attribute, b"\x00\xff\n")
        assert get(small_world, f"/latest/{name}").payload == b"\x00\xff\n"
        setattr(small_world.instance, attribute, "#!/bin/sh\n")
        assert get(small_world, f"/latest/{name}").payload == b"#!/bin/sh\n"

    def test_system_events(self, small_world: World) -> None:
        """Without events there is an empty list; with some, those."""
        path = "/latest/maintenance/active-system-events"
        assert get(small_world, path).payload == b"[]"
        small_world.instance.system_events.append({"EventId": "e-1"})
        assert json.loads(get(small_world, path).payload) == [{"EventId": "e-1"}]


class TestIdentity:
    """The identity document."""

    PATH = "/latest/dynamic/instance-identity/"

    def test_the_document_has_the_recorded_keys(self, small_world: World) -> None:
        """Nine keys in recorded order, compact, following the metadata."""
        small_world.instance.metadata["image-id"] = "mine.vhd"
        text = get(small_world, self.PATH + "document").payload.decode()
        document = json.loads(text)
        assert list(document) == [
            "zone-id", "serial-number", "instance-id", "region-id", "private-ipv4", "owner-account-id",
            "mac", "image-id", "instance-type",
        ]  # fmt: skip
        assert document["image-id"] == "mine.vhd"
        assert " " not in text

    @pytest.mark.parametrize(("query", "audience"), [("", None), ("?audience=a%20%22b", 'a "b')])
    @pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command")
    def test_openssl_verifies_the_signature(
        self, small_world: World, tmp_path: Path, query: str, audience: str | None
    ) -> None:
        """The documented command accepts the signature of the rebuilt text, and no other text."""
        document = get(small_world, self.PATH + "document").payload.decode()
        signature = get(small_world, self.PATH + "pkcs7" + query).payload.decode()
        if audience is not None:
            document = f'{document[:-1]},"audience":{json.dumps(audience)}}}'
        (tmp_path / "pkcs7").write_text(f"-----BEGIN PKCS7-----\n{signature}\n-----END PKCS7-----\n")
        (tmp_path / "cert").write_text(small_world.instance.identity_certificate)
        command = "openssl smime -verify -inform PEM -in pkcs7 -content document -certfile cert -noverify"
        for content, accepted in ((document, True), (document + " ", False)):
            (tmp_path / "document").write_text(content)
            result = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, check=False)
            assert (result.returncode == 0) is accepted, result.stderr


@pytest.mark.parametrize(
    ("path", "name", "placed"),
    [
        ("/", "Version", True),
        ("/latest/api/token", "Token", True),
        (ROLE_PATH, "RoleName", True),
        (ROLE_PATH + "x", "RoleCredential", True),
        ("/latest/meta-data/mac", "Metadata", True),
        ("/latest/meta-data/public-keys/", "Metadata", True),
        ("/latest/meta-data/public-keys/k/openssh-key", "Metadata", True),
        ("/latest/meta-data/network/interfaces/macs/aa/ipv6s", "Metadata", True),
        ("/latest/meta-data/nonsense", "Metadata", False),
        ("/latest/meta-data/instance/nonsense", "Metadata", False),
        ("/latest/user-data", "UserData", True),
        ("/latest/vendor-data", "VendorData", True),
        ("/latest/maintenance/active-system-events", "SystemEvents", True),
        ("/latest/dynamic/instance-identity/document", "IdentityDocument", True),
        ("/latest/dynamic/instance-identity/pkcs7", "IdentitySignature", True),
        ("/latest/nonsense", None, False),
        ("/2009-04-04/meta-data/", None, False),
        ("//latest/meta-data", None, False),
        ("/LATEST/meta-data", None, False),
        ("/metadata/identity", None, False),
        ("*", None, False),
    ],
)
def test_requests_are_named_and_placed(small_world: World, path: str, name: str | None, placed: bool) -> None:
    """Every path has its operation; one outside the documented tree is not placed."""
    assert operation(make_request(path)) == name
    assert name is None or name in OPERATIONS
    method = "PUT" if name == "Token" else "GET"
    assert answer(small_world, make_request(path, method)).placed is placed


def test_an_unplaced_request_stays_unplaced_when_refused(small_world: World) -> None:
    """A path outside the tree is not placed even if the token was the first thing wrong."""
    small_world.instance.http_tokens = "required"
    reply: Any = get(small_world, "/latest/nonsense")
    assert (reply.status, reply.placed) == (403, False)
