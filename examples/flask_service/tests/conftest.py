"""The service, as its tests meet it: on an emulated instance, which it takes for a real one."""

import pytest
from flask.testing import FlaskClient
from regions import create_app


@pytest.fixture
def service(alicred_on_ecs) -> FlaskClient:
    """Return what sends requests to the service."""
    return create_app().test_client()
