"""What the seams' tests share: the blocks of docs/product-sdks.md, and a service that keeps what it is sent.

The product packages are the real ones. What they send goes to a server on loopback over plain HTTP.
"""

import os
import re
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from pytest_httpserver import HTTPServer

from alicred import Client, Config, Credential, testing
from tests.docs.blocks import Block, take, text_of

PAGE = text_of("docs/product-sdks.md")
BLOCKS = take("docs/product-sdks.md", "python")
ADDRESS = re.compile(r'"(https://)?[a-z0-9.-]+\.(?:aliyun|aliyuncs)\.com(/api)?"')
FOREIGN = ("ALIBABA_CLOUD_", "ALIYUN_", "ODPS_", "OSS_")


@pytest.fixture(autouse=True)
def clean_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing of the developer's environment is seen by a test, and nothing is left by it."""
    for name in list(os.environ):
        if name.startswith(FOREIGN) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    yield
    testing.reset()


class Sent(NamedTuple):
    """One request as it arrived; two of them are equal if every byte that matters is."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: dict[str, str]
    body: bytes


class ProductService:
    """Answers every request in the same way, and keeps them all."""

    def __init__(self, server: HTTPServer) -> None:
        self._server = server
        self.host = f"127.0.0.1:{server.port}"

    def answer(self, body: bytes = b"", status: int = 200, **headers: str) -> None:
        """Say how."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self._server.expect_request(re.compile("")).respond_with_data(body, status, headers)

    @property
    def sent(self) -> list[Sent]:
        """What it was sent."""
        return [
            Sent(
                request.method,
                request.path,
                tuple(sorted(request.args.items())),
                {name.lower(): value for name, value in request.headers},
                request.get_data(),
            )
            for request, _ in self._server.log
        ]


@pytest.fixture
def service(httpserver: HTTPServer) -> ProductService:
    """The service that the packages call."""
    return ProductService(httpserver)


@pytest.fixture
def handed_over(service: ProductService) -> Callable[[str, Any], SimpleNamespace]:
    """Run what the page says under a package's heading, with a test's client and the service's address."""

    def run(package: str, client: Any) -> SimpleNamespace:
        names: dict[str, Any] = {"client": client}
        for block in BLOCKS:
            if block.section == package:
                exec(ADDRESS.sub(here, block.text), names)
        return SimpleNamespace(**names)

    def here(address: re.Match[str]) -> str:
        scheme, path = address.groups(default="")
        return f'"{scheme.replace("https", "http")}{service.host}{path}"'

    return run


class RestlessClient(Client):
    """Has another credential whenever it is asked for one, as if each read were the first after a refresh."""

    def __init__(self, config: Config, *, strict: bool = False) -> None:
        super().__init__(config, strict=strict)
        self.given: list[Credential] = []

    def get_credential(self) -> Credential:
        """Return a credential that nobody has seen."""
        number = len(self.given)
        self.given.append(
            Credential(
                type="sts",
                provider_name="restless",
                access_key_id=f"STS.restless{number}",
                access_key_secret=f"secret-{number}",
                security_token=f"token-{number}",
            )
        )
        return self.given[-1]

    async def get_credential_async(self) -> Credential:
        """Do the same."""
        return self.get_credential()


@pytest.fixture
def restless_client() -> RestlessClient:
    """A client whose parts fit together only if they are read from one credential."""
    return RestlessClient(
        Config(type="sts", access_key_id="unused", access_key_secret="unused", security_token="unused")
    )


@pytest.fixture
def page() -> str:
    """The page."""
    return PAGE


@pytest.fixture
def blocks() -> tuple[Block, ...]:
    """Its blocks."""
    return BLOCKS
