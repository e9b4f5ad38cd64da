"""Alibaba's own SDK, the peer of most rows: built as its documentation says, on the emulated services.

Imported by processes that measure it alone, since it attaches log handlers and starts threads.
"""

import logging
from collections.abc import Generator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

NAME = "SDK"
IS_INSTALLED = find_spec("alibabacloud_credentials") is not None
WHY_MISSING = "alibabacloud_credentials is not installed"


def ecs_client(role_name: str | None = None) -> Any:
    """Return its client for the instance's role."""
    return client(type="ecs_ram_role", role_name=role_name)


def client(**parameters: Any) -> Any:
    """Return its client with these parameters."""
    from alibabacloud_credentials.client import Client  # noqa: PLC0415 - see the module's docstring
    from alibabacloud_credentials.models import Config  # noqa: PLC0415

    # It prints every failure with its traceback, which would be measured with it.
    logging.getLogger("credentials").setLevel(logging.CRITICAL)
    return Client(Config(**parameters))


def close_connections() -> None:
    """Have it connect anew for its next request."""
    from Tea.core import TeaCore  # noqa: PLC0415 - see the module's docstring

    for session in TeaCore._sessions.values():  # noqa: SLF001 - nothing else knows them
        session.close()


@contextmanager
def on_instance(imds_url: str) -> Generator[None, None, None]:
    """Have its connections to the metadata address reach a fake for the length of the block."""
    from alicred_emulator.redirect import redirected  # noqa: PLC0415 - not every process that asks needs it

    port = urlsplit(imds_url).port
    assert port is not None
    with redirected({("imds", 80): port}):
        yield


def point_at(provider: Any, imds_url: str) -> None:
    """Have one ECS provider ask a fake in place of the metadata address, which it has no setting for."""
    name = "_EcsRamRoleCredentialsProvider__metadata_service_host"
    if not hasattr(provider, name):
        raise AttributeError("this version of the SDK keeps the metadata address elsewhere")
    setattr(provider, name, urlsplit(imds_url).netloc)
