"""The clients that the fakes are proven on: Alibaba's SDK, unmodified, and alicred; sync and async."""

import asyncio

import pytest

import alicred


class Subject:
    """A way to read credentials: a library, called synchronously or from a task."""

    def __init__(self, name):
        self.name = name
        self.library, self.style = name.split("-")
        self.keeps_token = self.library == "alicred"

    def client(self, **parameters):
        if self.library == "alicred":
            client = alicred.Client(alicred.Config(**parameters))
        else:
            from alibabacloud_credentials.client import Client
            from alibabacloud_credentials.models import Config

            client = Client(Config(**parameters))
        return self._reader(client)

    def default_client(self):
        if self.library == "alicred":
            return self._reader(alicred.Client())
        from alibabacloud_credentials.client import Client

        return self._reader(Client())

    def _reader(self, client):
        if self.style == "sync":
            return client.get_credential
        return lambda: asyncio.run(client.get_credential_async())


@pytest.fixture(params=["sdk-sync", "sdk-async", "alicred-sync", "alicred-async"])
def subject(request):
    return Subject(request.param)
