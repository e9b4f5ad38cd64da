"""The API of ECS, version 2014-05-26, as far as a test needs one to see whether a credential works."""

from collections.abc import Mapping
from typing import Final

from alicred_emulator.gateway import checks, verification
from alicred_emulator.gateway.api import Api
from alicred_emulator.gateway.call import Action, Call

VERSION: Final = "2014-05-26"

_REGIONS: Final[Mapping[str, str]] = {
    "cn-qingdao": "China (Qingdao)",
    "cn-beijing": "China (Beijing)",
    "cn-hangzhou": "China (Hangzhou)",
    "cn-shanghai": "China (Shanghai)",
    "cn-shenzhen": "China (Shenzhen)",
    "cn-hongkong": "China (Hong Kong)",
    "ap-southeast-1": "Singapore",
    "ap-southeast-5": "Indonesia (Jakarta)",
    "us-west-1": "US (Silicon Valley)",
    "eu-central-1": "Germany (Frankfurt)",
}


def version_unknown(call: Call) -> bool:
    """Tell whether the API has no such version."""
    return call.version != VERSION


def describe_regions(_call: Call) -> Mapping[str, object]:
    """Answer which regions there are: some of the real ones."""
    regions = [
        {"RegionId": region, "RegionEndpoint": f"ecs.{region}.aliyuncs.com", "LocalName": name}
        for region, name in _REGIONS.items()
    ]
    return {"Regions": {"Region": regions}}


ECS: Final = Api(
    product="Ecs",
    checks={**checks.CHECKS, **verification.CHECKS, version_unknown.__name__: version_unknown},
    actions={"DescribeRegions": Action(answer=describe_regions)},
)
