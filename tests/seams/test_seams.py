"""One `Client` is taken by every product package, handed over as docs/product-sdks.md does it.

A signature is proven in one of two ways. Those of ACS3 and ACS4 are computed again, from the request and a
secret. The requests of the other packages are compared: in the same second, the package sends the very same
one for its own static credential of the same parts, and another one for others.
"""

import asyncio
import hmac
import pickle
import time
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from importlib import import_module
from types import SimpleNamespace
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
import time_machine

from alicred import Client, Config

# oss2, aliyun.log and alibabacloud_tea_openapi call what Python deprecates from 3.12 on.
pytestmark = pytest.mark.filterwarnings(
    r"ignore:datetime\.datetime\.utc(now|fromtimestamp)\(\):DeprecationWarning"
)

LONG_LIVED = Config(type="access_key", access_key_id="LTAIexample", access_key_secret="secret")
SESSION = Config(
    type="sts", access_key_id="STS.example", access_key_secret="secret", security_token="to+k/en=="
)
BEARER = Config(type="bearer", bearer_token="bearer.token")


# What is called, and with what of the package's own it is compared


class Seam(NamedTuple):
    """A package that a client is handed to.

    Attributes:
        package: Its heading on the page.
        call: Makes a call, with the names that the block of the page has defined and a way to run coroutines.
        own: Returns what the package takes in the client's place; None where the signature is computed again.
        answer: What the service says.
    """

    package: str
    call: Callable[[SimpleNamespace, Callable[..., Any]], object]
    own: Callable[[Any], object] | None = None
    answer: dict[str, Any] = {"body": b"{}", "content_type": "application/json"}  # noqa: RUF012 - never changed


def over_http(product: Any) -> Any:
    """Return a product's client, which the page leaves at HTTPS."""
    product._protocol = "http"
    return product


def as_sdk_client(parts: Any) -> object:
    from alibabacloud_credentials.client import Client as SdkClient
    from alibabacloud_credentials.models import Config as SdkConfig

    return SdkClient(
        SdkConfig(
            type="sts" if parts.security_token else "access_key",
            access_key_id=parts.access_key_id,
            access_key_secret=parts.access_key_secret,
            security_token=parts.security_token,
        )
    )


def as_static_provider(module: str) -> Callable[[Any], object]:
    def provider(parts: Any) -> object:
        return import_module(module).StaticCredentialsProvider(
            parts.access_key_id, parts.access_key_secret, parts.security_token
        )

    return provider


def list_keys(names, run):
    from alibabacloud_kms20160120.models import ListKeysRequest

    over_http(names.kms).list_keys(ListKeysRequest(page_size=7))


def list_keys_async(names, run):
    from alibabacloud_kms20160120.models import ListKeysRequest

    run(over_http(names.kms).list_keys_async(ListKeysRequest(page_size=7)))


def describe_regions(names, run):
    from alibabacloud_ecs20140526.models import DescribeRegionsRequest

    over_http(names.ecs).describe_regions(DescribeRegionsRequest(accept_language="zh CN"))


def list_projects(names, run):
    from alibabacloud_sls20201230.models import ListProjectRequest

    over_http(names.sls).list_project(ListProjectRequest())


def list_projects_async(names, run):
    from alibabacloud_sls20201230.models import ListProjectRequest

    run(over_http(names.sls).list_project_async(ListProjectRequest()))


def list_buckets_by_gateway(names, run):
    from alibabacloud_oss20190517.models import ListBucketsRequest

    over_http(names.oss).list_buckets(ListBucketsRequest())


def list_buckets_by_gateway_async(names, run):
    from alibabacloud_oss20190517.models import ListBucketsRequest

    run(over_http(names.oss).list_buckets_async(ListBucketsRequest()))


def list_buckets(names, run):
    # Without a credential it would try again, and wait; so would its asynchronous client, and pyodps.
    names.oss._client._options.retry_max_attempts = 1
    names.oss.list_buckets(names.alibabacloud_oss_v2.ListBucketsRequest())


def list_buckets_async(names, run):
    from alibabacloud_oss_v2.aio import AsyncClient

    async def call():
        if not hasattr(names, "in_loop"):
            names.config.retry_max_attempts = 1
            names.in_loop = AsyncClient(names.config)
        await names.in_loop.list_buckets(names.alibabacloud_oss_v2.ListBucketsRequest())

    run(call())


def put_object(auth):
    def call(names, run):
        names.bucket.auth = getattr(names.oss2, auth)(names.client)
        names.bucket.put_object("key", b"content")

    return call


def list_tables(names, run):
    from tablestore import OTSServiceError

    with pytest.raises(OTSServiceError, match="refused here"):
        names.tablestore.list_table()


def get_projects(names, run):
    from odps.config import option_context

    with option_context() as options:
        options.retry_times, options.retry_delay = 0, 0
        names.odps.rest.get(f"{names.odps.endpoint}/projects")


XML = {"body": b"<ListAllMyBucketsResult/>", "content_type": "application/xml"}
SEAMS = {
    "sts": Seam("alibabacloud_tea_openapi", lambda names, run: over_http(names.sts).get_caller_identity()),
    "sts, async": Seam(
        "alibabacloud_tea_openapi", lambda names, run: run(over_http(names.sts).get_caller_identity_async())
    ),
    "ecs": Seam("alibabacloud_tea_openapi", describe_regions),
    "gateway_pop": Seam("alibabacloud_gateway_pop", list_keys),
    "gateway_pop, async": Seam("alibabacloud_gateway_pop", list_keys_async),
    "gateway_sls": Seam("alibabacloud_gateway_sls", list_projects, as_sdk_client),
    "gateway_sls, async": Seam("alibabacloud_gateway_sls", list_projects_async, as_sdk_client),
    "gateway_oss": Seam("alibabacloud_gateway_oss", list_buckets_by_gateway, as_sdk_client, {}),
    "gateway_oss, async": Seam("alibabacloud_gateway_oss", list_buckets_by_gateway_async, as_sdk_client, {}),
    "oss_v2": Seam(
        "alibabacloud_oss_v2", list_buckets, as_static_provider("alibabacloud_oss_v2.credentials"), XML
    ),
    "oss_v2, async": Seam(
        "alibabacloud_oss_v2", list_buckets_async, as_static_provider("alibabacloud_oss_v2.credentials"), XML
    ),
    "oss2": Seam("oss2", put_object("ProviderAuthV4"), as_static_provider("oss2.credentials"), {}),
    "oss2, v2": Seam("oss2", put_object("ProviderAuthV2"), as_static_provider("oss2.credentials"), {}),
    "oss2, v1": Seam("oss2", put_object("ProviderAuth"), as_static_provider("oss2.credentials"), {}),
    "log": Seam(
        "aliyun-log-python-sdk",
        lambda names, run: names.log.list_project(),
        as_static_provider("aliyun.log.credentials"),
        {"body": b'{"projects": [], "count": 0, "total": 0}'},
    ),
    "tablestore": Seam(
        "tablestore",
        list_tables,
        as_static_provider("tablestore.credentials"),
        # The package's protocol buffer for a code and a message; what succeeds, OTS would have to sign.
        {"body": b"\x0a\x0dOTSAuthFailed\x12\x0crefused here", "status": 403},
    ),
    "odps": Seam("pyodps", get_projects, as_sdk_client, XML),
}
# What a failure of alicred's is wrapped in; the others let it through as it is.
WRAPPERS = {
    "alibabacloud_tea_openapi": "UnretryableException",
    "alibabacloud_gateway_pop": "UnretryableException",
    "alibabacloud_gateway_sls": "UnretryableException",
    "alibabacloud_gateway_oss": "UnretryableException",
    "alibabacloud_oss_v2": "OperationError",
}


class Caller:
    """One seam in action."""

    def __init__(self, seam: Seam, handed_over, service, run) -> None:
        self.seam = seam
        self._handed_over, self._service, self._run = handed_over, service, run
        self.opened: list[SimpleNamespace] = []
        service.answer(**seam.answer)

    def open(self, client: object) -> Callable[[], Any]:
        """Hand a client over; return how to make a call, which returns the last request that it has sent."""
        names = self._handed_over(self.seam.package, client)
        self.opened.append(names)

        def call():
            self.seam.call(names, self._run)
            return self._service.sent[-1]

        return call

    def is_of(self, sent, parts) -> bool:
        """Tell whether a request was signed with key id, secret and token of a credential."""
        if self.seam.own is None:
            return is_signed(sent, parts)
        return self.open(self.seam.own(parts))() == sent


def is_signed(sent, parts) -> bool:
    """Tell whether the signature of ACS3 or ACS4 is right, and of a credential."""
    algorithm, _, fields = sent.headers["authorization"].partition(" ")
    found = dict(field.split("=", 1) for field in fields.split(","))
    names = found["SignedHeaders"].split(";")
    query = "&".join(f"{quote(name, '~')}={quote(value, '~')}" for name, value in sent.query)
    headers = "".join(f"{name}:{sent.headers[name]}\n" for name in names)
    lines = (sent.method, sent.path, query, headers, ";".join(names), sha256(sent.body).hexdigest())
    key_id, *scope = found["Credential"].split("/")
    key = (("aliyun_v4" if scope else "") + parts.access_key_secret).encode()
    for part in scope:
        key = hmac.digest(key, part.encode(), "sha256")
    to_sign = f"{algorithm}\n{sha256(chr(10).join(lines).encode()).hexdigest()}"
    return (key_id, sent.headers.get("x-acs-security-token"), found["Signature"]) == (
        parts.access_key_id,
        parts.security_token,
        hmac.digest(key, to_sign.encode(), "sha256").hex(),
    )


@pytest.fixture
def caller(request, handed_over, service) -> Iterator[Caller]:
    """The seam of the test's parameter, with an event loop of its own, while the process's clock stands."""
    loop = asyncio.new_event_loop()
    caller = Caller(SEAMS[request.param], handed_over, service, loop.run_until_complete)
    with time_machine.travel(time.time(), tick=False):
        yield caller
    for names in caller.opened:
        if hasattr(names, "in_loop"):
            loop.run_until_complete(names.in_loop.close())
    loop.close()


# What two packages say under `-W error`, each when it is compared or imported here.
WARNINGS = {
    # Not of alicred's client: Alibaba's own, in its place, says that its getters are deprecated.
    "gateway_oss": "ignore:Call to deprecated function get_:DeprecationWarning",
    "gateway_oss, async": "ignore:Call to deprecated function get_:DeprecationWarning",
    # Its native codec is built for one version of Python.
    "tablestore": "ignore:OTS C.. SDK extension:ImportWarning:tablestore",
}


def through(names: Iterable[str]) -> pytest.MarkDecorator:
    """Run a test through these seams."""
    marks = {name: pytest.mark.filterwarnings(WARNINGS[name]) for name in WARNINGS}
    seams = [pytest.param(name, marks=marks.get(name, ())) for name in sorted(names)]
    return pytest.mark.parametrize("caller", seams, indirect=True)


@through(SEAMS)
@pytest.mark.parametrize("config", [LONG_LIVED, SESSION], ids=["access_key", "sts"])
def test_a_request_is_signed_with_the_clients_credential(caller, config):
    """Key id, secret and token are the client's; those of another credential would make another request."""
    parts = {"access_key_id": config.access_key_id, "access_key_secret": config.access_key_secret}
    parts["security_token"] = config.security_token
    sent = caller.open(Client(config))()
    assert caller.is_of(sent, SimpleNamespace(**parts))
    for part, value in parts.items():
        other = {**parts, part: f"{value}-other"}
        assert not caller.is_of(sent, SimpleNamespace(**other)), part


@through(SEAMS)
def test_a_refresh_is_followed(caller, alicred_emulator, alicred_credentials_uri, alicred_clock):
    """From a refresh on requests are signed with the new credential; no package keeps the one before."""
    call = caller.open(Client(Config(type="credentials_uri", credentials_uri=alicred_credentials_uri.url)))
    sent = []
    for _ in range(3):
        sent.append(call())
        alicred_clock.shift(minutes=45)
    issued = alicred_emulator.ledger.credentials
    assert len(issued) == 3
    assert all(caller.is_of(*pair) for pair in zip(sent, issued, strict=True))


@through(SEAMS)
def test_the_parts_of_one_request_are_of_one_credential(caller, restless_client):
    """A refresh between two reads of a package mixes nothing."""
    sent = caller.open(restless_client)()
    assert any(caller.is_of(sent, credential) for credential in restless_client.given)


@through(SEAMS)
def test_without_a_credential_nothing_is_sent(caller, service):
    """The error is alicred's, or says what alicred's says."""
    client = Client(SESSION)
    call = caller.open(client)
    # pyodps calls when it is built, too, the first time in a process.
    before = service.sent
    client.close()
    with pytest.raises(Exception, match=r"has been closed\. Build another one\.") as caught:
        call()
    assert caught.typename == WRAPPERS.get(caller.seam.package, "ConfigurationError")
    assert service.sent == before


@through(["sts", "sts, async", "ecs", "gateway_pop", "gateway_pop, async"])
def test_a_bearer_token_is_sent_as_it_is(caller):
    """Where the package knows bearer tokens, it sends the client's and signs nothing."""
    sent = caller.open(Client(BEARER))()
    assert sent.headers["x-acs-bearer-token"] == "bearer.token"
    assert sent.headers.get("authorization") in {None, "Bearer bearer.token"}


@through(["odps"])
def test_an_account_of_pyodps_is_pickled_with_its_client(caller, service):
    """Where it is unpickled it signs as before."""
    sent = caller.open(Client(SESSION))()
    [names] = caller.opened
    pickled = pickle.dumps(names.odps.account)
    assert caller.open(pickle.loads(pickled).provider)() == sent
