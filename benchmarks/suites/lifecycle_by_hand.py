"""The same from parts: Alibaba's SDK, freezegun and pytest-httpserver, as their documentation has it."""

import json
from datetime import datetime, timedelta

import pytest
from alibabacloud_credentials.client import Client
from alibabacloud_credentials.models import Config
from freezegun import freeze_time

from benchmarks.sdk import point_at

ROLE = "demo-role"
PATH = f"/latest/meta-data/ram/security-credentials/{ROLE}"
START = datetime(2026, 1, 1)  # noqa: DTZ001 - freezegun takes naive datetimes for UTC


def document(number: int, issued: datetime) -> str:
    expiration = issued + timedelta(hours=6)
    return json.dumps(
        {
            "Code": "Success",
            "AccessKeyId": f"STS.{number}",
            "AccessKeySecret": "secret",
            "SecurityToken": "token",
            "LastUpdated": f"{issued:%Y-%m-%dT%H:%M:%SZ}",
            "Expiration": f"{expiration:%Y-%m-%dT%H:%M:%SZ}",
        }
    )


@pytest.fixture
def clock():
    with freeze_time(START) as frozen:
        yield frozen


@pytest.fixture
def instance(httpserver):
    httpserver.expect_request("/latest/api/token", method="PUT").respond_with_data("token")
    httpserver.expect_request(PATH.removesuffix(ROLE)).respond_with_data(ROLE)
    for number in range(2):
        issued = START + number * timedelta(hours=5, minutes=30)
        httpserver.expect_oneshot_request(PATH).respond_with_data(document(number, issued))
    return httpserver


def test_refresh(instance, clock):
    client = Client(Config(type="ecs_ram_role"))
    point_at(client.cloud_credential.provider, instance.url_for("/"))
    first = client.get_credential().access_key_id
    clock.tick(timedelta(hours=5, minutes=45))
    assert client.get_credential().access_key_id != first
