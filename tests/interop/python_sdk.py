"""Alibaba's SDK for Python as an application: reads a credential for each line, and prints it as JSON.

The line is the configuration as JSON, ``null`` for the default chain, or ``"regions"`` for a call of ECS with
the credential of the default chain. A failure is printed as {"error": ...}.
"""

import json
import sys

from alibabacloud_credentials.client import Client
from alibabacloud_credentials.models import Config


def credential(configuration):
    """Read a credential."""
    found = Client(Config(**configuration) if configuration else None).get_credential()
    return {
        "accessKeyId": found.access_key_id,
        "accessKeySecret": found.access_key_secret,
        "securityToken": found.security_token,
    }


def regions():
    """Ask ECS, whose host no parameter names, which regions there are."""
    from alibabacloud_ecs20140526.client import Client as Ecs
    from alibabacloud_ecs20140526.models import DescribeRegionsRequest
    from alibabacloud_tea_openapi.models import Config as EcsConfig

    ecs = Ecs(EcsConfig(credential=Client(), region_id="cn-hangzhou"))
    return {"regions": len(ecs.describe_regions(DescribeRegionsRequest()).body.regions.region)}


def answer(asked):
    """Do as a line says."""
    try:
        return regions() if asked == "regions" else credential(asked)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what came of it
        return {"error": str(error)}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)  # noqa: T201 - it is what the program is for
