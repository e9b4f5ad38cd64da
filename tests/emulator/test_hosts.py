import pytest

from alicred_emulator.hosts import EMULATED_HOSTS, HOST_PORTS, is_alibaba_cloud, service_of


@pytest.mark.parametrize(
    ("host", "service"),
    [
        ("100.100.100.200", "imds"),
        ("sts.aliyuncs.com", "sts"),
        ("STS.AliyunCS.com.", "sts"),
        ("sts.cn-hangzhou.aliyuncs.com", "sts"),
        ("sts-vpc.cn-hangzhou.aliyuncs.com", "sts"),
        ("ecs.aliyuncs.com", "ecs_api"),
        ("ecs.eu-central-1.aliyuncs.com", "ecs_api"),
        ("ecs-cn-hangzhou.aliyuncs.com", "ecs_api"),
        ("ecs-vpc.cn-hangzhou.aliyuncs.com", "ecs_api"),
        ("oauth.aliyun.com", "oauth"),
        ("oauth.alibabacloud.com", "oauth"),
        ("signin-cn-shanghai.alibabacloudsso.com", "cloud_sso"),
        ("oss-cn-hangzhou.aliyuncs.com", None),
        ("sts.a.b.aliyuncs.com", None),
        ("ecs-cn-nowhere.aliyuncs.com", None),
        ("sts.aliyuncs.com.example.org", None),
        ("localhost", None),
    ],
)
def test_a_host_belongs_to_one_service(host: str, service: str | None) -> None:
    """Each emulated name leads to its fake, whatever its case, and no other name does."""
    assert service_of(host) == service


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("oss-cn-hangzhou.aliyuncs.com", True),
        ("aliyun.com", True),
        ("WWW.ALIBABACLOUD.COM.", True),
        ("x.y.alibabacloudsso.com", True),
        ("notaliyun.com", False),
        ("aliyuncs.com.example.org", False),
        ("127.0.0.1", False),
    ],
)
def test_alibaba_cloud_is_four_domains_and_what_is_below(host: str, ours: bool) -> None:
    """A name is Alibaba Cloud's by its domain, not by how it begins or ends as text."""
    assert is_alibaba_cloud(host) is ours


def test_every_emulated_name_is_alibaba_clouds() -> None:
    """The table holds the metadata address and names of Alibaba Cloud, nothing else."""
    names = set(EMULATED_HOSTS) - {"100.100.100.200"}
    assert all(is_alibaba_cloud(name) for name in names)


def test_every_emulated_service_has_ports() -> None:
    """Whoever stands for a host says at which ports, or nobody would find the way."""
    assert set(HOST_PORTS) == set(EMULATED_HOSTS.values())
