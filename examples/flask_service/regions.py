"""A service that says which regions Alibaba Cloud has; it runs with the credential of its machine."""

from __future__ import annotations

from alibabacloud_tea_openapi.client import Client as OpenApiClient
from alibabacloud_tea_openapi.models import Config as OpenApiConfig
from alibabacloud_tea_openapi.utils_models import OpenApiRequest, Params
from darabonba.exceptions import UnretryableException
from darabonba.runtime import RuntimeOptions
from flask import Flask

from alicred import Client, CredentialException

DESCRIBE_REGIONS = Params(
    action="DescribeRegions",
    version="2014-05-26",
    protocol="HTTPS",
    method="POST",
    pathname="/",
    auth_type="AK",
    style="RPC",
    req_body_type="formData",
    body_type="json",
)


def create_app() -> Flask:
    """Build the application."""
    app = Flask(__name__)
    # One for the whole process, whoever else asks for it.
    credentials = Client.shared()
    ecs = OpenApiClient(OpenApiConfig(credential=credentials, endpoint="ecs.cn-hangzhou.aliyuncs.com"))

    @app.get("/regions")
    def regions() -> list[str]:
        answer = ecs.call_api(DESCRIBE_REGIONS, OpenApiRequest(), RuntimeOptions())
        return [region["RegionId"] for region in answer["body"]["Regions"]["Region"]]

    @app.get("/health")
    def health() -> tuple[dict[str, object], int]:
        # It asks nobody, so that it answers at once, in an outage too.
        status = credentials.status()
        broken = status.last_error is not None and status.state in ("empty", "expired")
        return status.to_map(), 503 if broken else 200

    @app.errorhandler(UnretryableException)
    def no_credential(error: UnretryableException) -> tuple[dict[str, str], int]:
        # So the SDK wraps what kept it from sending anything.
        if not isinstance(error.inner_exception, CredentialException):
            raise error
        app.logger.error("%s", error.inner_exception)
        return {"problem": "There is no credential at the moment; try again later."}, 503

    return app
