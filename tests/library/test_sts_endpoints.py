"""Which STS is called: the first of four places that names one, and what a name may look like."""

from ipaddress import ip_address
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alicred import Client, Config
from alicred.endpoints import is_endpoint, sts_endpoint
from alicred.environment import Environment
from alicred.exceptions import ConfigurationError, CredentialException
from alicred.parameters import resolve
from alicred.transport import NoReply

ROLE = "acs:ram::1234567890123456:role/demo"
ROLE_PARAMETERS = {"role_arn": ROLE, "access_key_id": "x", "access_key_secret": "x"}
ADDRESSES = {
    "sts.aliyuncs.com": "https://sts.aliyuncs.com",
    "STS.Aliyuncs.Com": "https://sts.aliyuncs.com",
    "sts.aliyuncs.com:443": "https://sts.aliyuncs.com",
    "sts.aliyuncs.com:8443": "https://sts.aliyuncs.com:8443",
    "sts.aliyuncs.com.": "https://sts.aliyuncs.com.",
    "https://sts.aliyuncs.com": "https://sts.aliyuncs.com",
    "HTTPS://sts.aliyuncs.com/": "https://sts.aliyuncs.com",
    "https://sts.example:80": "https://sts.example:80",
    "sts1": "https://sts1",
    "my_sts.internal-1": "https://my_sts.internal-1",
    "10.0.0.1": "https://10.0.0.1",
    "10.0.0.1:8443": "https://10.0.0.1:8443",
    "https://10.0.0.1": "https://10.0.0.1",
    "::1": "https://[::1]",
    "[::1]": "https://[::1]",
    "[::1]:8443": "https://[::1]:8443",
    "https://[FD00::1]:443": "https://[fd00::1]",
    "::ffff:10.0.0.1": "https://[::ffff:10.0.0.1]",
    "http://127.0.0.1": "http://127.0.0.1",
    "http://127.0.0.1:80": "http://127.0.0.1",
    "http://127.0.0.1:8080/": "http://127.0.0.1:8080",
    "http://127.9.9.9:1": "http://127.9.9.9:1",
    "http://[::1]:65535": "http://[::1]:65535",
    "http://[::ffff:127.0.0.1]": "http://[::ffff:127.0.0.1]",
    "http://localhost:8080": "http://localhost:8080",
}
NO_ADDRESSES = [
    "http://sts.aliyuncs.com",
    "http://10.0.0.1",
    "http://[fd00::1]",
    "http://[::ffff:10.0.0.1]",
    "http://0.0.0.0:1",
    "http://127.0.0.1.example.com",
    "http://localhost.example.com",
    "http://example.com#127.0.0.1",
    "http://127.0.0.1@example.com",
    "ftp://sts.aliyuncs.com",
    "://sts.aliyuncs.com",
    "//sts.aliyuncs.com",
    "http:127.0.0.1",
    "https://",
    "https:///",
    "/",
    ":443",
    "sts.aliyuncs.com:",
    "sts.aliyuncs.com:0",
    "sts.aliyuncs.com:65536",
    "sts.aliyuncs.com:port",
    "sts.aliyuncs.com:-1",
    "sts.aliyuncs.com/path",
    "https://sts.aliyuncs.com/path",
    "https://sts.aliyuncs.com//",
    "https://sts.aliyuncs.com?x=1",
    "https://sts.aliyuncs.com/?",
    "https://sts.aliyuncs.com#x",
    "https://user:cAnArY0SeCrEt7@sts.aliyuncs.com",
    "sts aliyuncs.com",
    "sts..aliyuncs.com",
    ".sts.aliyuncs.com",
    "-sts.aliyuncs.com",
    "sts-.aliyuncs.com",
    "sts.aliyuncs.com\\x",
    "s\u0442s.aliyuncs.com",
    "x" * 64,
    ".".join(["x" * 60] * 5),
    "127.1",
    "1.2.3",
    "256.0.0.1",
    "1",
    "[::1",
    "::1]",
    "[::1]x",
    "[::1]]",
    "[127.0.0.1]",
    "[sts.aliyuncs.com]",
    "[fe80::1%eth0]",
    "::g",
]


def named(text):
    """Return the endpoint that a text names."""
    return sts_endpoint(named=text, region=None, vpc=False, provider="p")


# What an address may look like


@pytest.mark.parametrize(("text", "url"), ADDRESSES.items())
def test_an_address_is_a_host_with_or_without_a_port_or_its_url(text, url):
    """What is written is brought into one form: lower case, a scheme, no default port."""
    assert is_endpoint(text)
    endpoint = named(text)
    assert endpoint.url == url
    assert endpoint.authority == url.partition("://")[2]


@pytest.mark.parametrize("text", NO_ADDRESSES)
def test_what_is_no_address_is_refused(text, canary):
    """The parameter is named, the value is not shown; http:// is for loopback, and userinfo for nobody."""
    assert not is_endpoint(text)
    with pytest.raises(ConfigurationError, match="sts_endpoint is not") as caught:
        resolve(Config(type="ram_role_arn", **ROLE_PARAMETERS, sts_endpoint=text), Environment({}))
    assert canary not in str(caught.value)
    assert "http:// for loopback alone" in str(caught.value)
    with pytest.raises(ConfigurationError, match="sts_endpoint is not"):
        named(text)


def test_an_address_of_the_environment_is_named_by_its_variable():
    """Whoever set it looks there."""
    variables = {"ALIBABA_CLOUD_STS_ENDPOINT": "http://sts.aliyuncs.com"}
    with pytest.raises(ConfigurationError, match="ALIBABA_CLOUD_STS_ENDPOINT is not a host"):
        resolve(Config(type="ram_role_arn", **ROLE_PARAMETERS), Environment(variables))


@given(st.text(max_size=40) | st.text(alphabet="ht ps:/[]127.0:@?#%a", max_size=25))
def test_any_text_is_an_address_or_is_none(text):
    """Nothing else comes out, and what is an address in the clear is loopback's."""
    if is_endpoint(text):
        url = named(text).url
        host = (urlsplit(url).hostname or "").removeprefix("::ffff:")
        assert url.startswith("https://") or host == "localhost" or ip_address(host).is_loopback
        assert is_endpoint(url)


# Which one it is


@pytest.fixture
def asked(script, provide, now):
    """Return the URL that a provider asks, in an environment of these variables."""

    def asked(variables=(), **parameters):
        transport = script(500)
        with pytest.raises(CredentialException):
            provide(transport, "ram_role_arn", variables, **ROLE_PARAMETERS, **parameters).fetch(now)
        return transport.sent[0][1]

    return asked


EVERYTHING = {
    "STS_ENDPOINT": "sts.env.example",
    "STS_REGION": "cn-hangzhou",
    "VPC_ENDPOINT_ENABLED": "true",
}


def without(*names):
    """Return the variables of a pod without some of them."""
    return {name: value for name, value in EVERYTHING.items() if name not in names}


def test_what_is_given_comes_first(asked):
    """A pod's variables name three others."""
    assert asked(EVERYTHING, sts_endpoint="sts.given.example") == "https://sts.given.example/"


def test_the_variable_that_names_an_address_comes_next(asked):
    """It is the whole address, so region and VPC do not matter."""
    assert asked(EVERYTHING) == "https://sts.env.example/"


def test_the_region_comes_next(asked):
    """From inside a VPC its STS has another name."""
    assert asked(without("STS_ENDPOINT")) == "https://sts-vpc.cn-hangzhou.aliyuncs.com/"
    variables = without("STS_ENDPOINT", "VPC_ENDPOINT_ENABLED")
    assert asked(variables) == "https://sts.cn-hangzhou.aliyuncs.com/"
    assert asked({**variables, "VPC_ENDPOINT_ENABLED": "false"}) == "https://sts.cn-hangzhou.aliyuncs.com/"


def test_the_central_sts_comes_last(asked):
    """It serves every region."""
    assert asked() == "https://sts.aliyuncs.com/"
    assert asked({"VPC_ENDPOINT_ENABLED": "false", "STS_REGION": "", "STS_ENDPOINT": ""}) == (
        "https://sts.aliyuncs.com/"
    )


@pytest.mark.parametrize("kind", ["ram_role_arn", "oidc_role_arn", "rsa_key_pair"])
def test_a_vpc_without_a_region_is_an_error(monkeypatch, kind):
    """There is no central STS inside a VPC, and silence would send the call over the internet."""
    parameters = {
        "ram_role_arn": ROLE_PARAMETERS,
        "oidc_role_arn": {"role_arn": ROLE, "oidc_provider_arn": "acs:ram::1:oidc-provider/p"}
        | {"oidc_token_file_path": "/x"},
        "rsa_key_pair": {"public_key_id": "x", "private_key_file": "/x"},
    }
    monkeypatch.setenv("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED", "TRUE")
    with pytest.raises(ConfigurationError, match="ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED") as caught:
        Client(Config(type=kind, **parameters[kind]))
    assert "Set ALIBABA_CLOUD_STS_REGION" in str(caught.value)
    assert caught.value.provider == kind
    monkeypatch.setenv("ALIBABA_CLOUD_STS_ENDPOINT", "sts.aliyuncs.com")
    assert Client(Config(type=kind, **parameters[kind])).get_type() == kind


@pytest.mark.parametrize(
    "region",
    ["Hangzhou", "hangzhou", "cn_hangzhou", "cn-", "-cn", "cn-hangzhou.evil", "cn hangzhou", "a-" * 30 + "a"],
)
def test_a_region_that_is_none_is_an_error(script, provide, region):
    """It becomes a part of a host's name."""
    with pytest.raises(ConfigurationError, match="ALIBABA_CLOUD_STS_REGION is not the id of a region"):
        provide(script(), "ram_role_arn", {"STS_REGION": region}, **ROLE_PARAMETERS)


@pytest.mark.parametrize("region", ["cn-hangzhou", "ap-southeast-1", "cn-shanghai-finance-1", "cn-wuhan-lr"])
def test_every_form_of_a_region_is_taken(asked, region):
    """Letters, digits and hyphens."""
    assert asked({"STS_REGION": region}) == f"https://sts.{region}.aliyuncs.com/"


def test_the_error_of_a_call_names_the_host_that_was_asked(script, provide, now):
    """A wrong region is found by it."""
    silence = NoReply("could not be connected to.", connected=False)
    provider = provide(script(silence), "ram_role_arn", {"STS_REGION": "cn-qingdao"}, **ROLE_PARAMETERS)
    with pytest.raises(CredentialException, match=r"STS on sts\.cn-qingdao\.aliyuncs\.com could not"):
        provider.fetch(now)
