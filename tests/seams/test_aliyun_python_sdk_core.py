"""`alicred.adapters.aliyun_python_sdk_core`: a credential of the package's own kind with a client's parts."""

import base64
import copy
import hmac
import pickle
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
import time_machine

from alicred import Client, Config, ConfigurationError, Credential
from alicred.adapters import aliyun_python_sdk_core as adapter
from alicred.adapters.aliyun_python_sdk_core import credential_of

LONG_LIVED = Config(type="access_key", access_key_id="LTAIexample", access_key_secret="secret")
SESSION = Config(
    type="sts", access_key_id="STS.example", access_key_secret="secret", security_token="to+k/en=="
)
BOTH = pytest.mark.parametrize("config", [LONG_LIVED, SESSION], ids=["access_key", "sts"])


@pytest.fixture
def acs(handed_over, service):
    """Hand a client over as the page does it; return an `AcsClient` that calls the service."""
    service.answer(b"{}")

    def acs(client):
        acs = handed_over("aliyun-python-sdk-core", client).acs
        acs._port = int(service.host.partition(":")[2])
        return acs

    return acs


@pytest.fixture
def call(service):
    """Make a call in one of the package's two styles; return the request that was sent."""

    def call(acs, style):
        from aliyunsdkcore.request import CommonRequest

        target = {"action_name": "GetCallerIdentity"} if style == "RPC" else {"uri_pattern": "/clusters"}
        acs.do_action_with_exception(CommonRequest(domain="127.0.0.1", version="2015-04-01", **target))
        return service.sent[-1]

    return call


def is_signed(sent, parts):
    """Tell whether an RPC request has id and token of a credential, and the signature of its secret."""
    query = dict(sent.query)
    signature = query.pop("Signature")
    encoded = "&".join(f"{quote(name, '~')}={quote(query[name], '~')}" for name in sorted(query))
    to_sign = f"{sent.method}&%2F&{quote(encoded, '~')}".encode()
    expected = hmac.digest(f"{parts.access_key_secret}&".encode(), to_sign, "sha1")
    return (query["AccessKeyId"], query.get("SecurityToken"), base64.b64decode(signature)) == (
        parts.access_key_id,
        parts.security_token,
        expected,
    )


@BOTH
def test_an_rpc_request_is_signed_with_the_clients_credential(acs, call, config):
    """Id, secret and token are the client's; a long-lived key is sent without a token."""
    sent = call(acs(Client(config)), "RPC")
    assert is_signed(sent, config)
    assert not is_signed(sent, config.replaced(access_key_secret="other"))


@BOTH
def test_an_roa_request_is_the_one_of_the_packages_own_credential(acs, call, config):
    """In the same second, the package sends the very same for a credential of its own of the same parts."""
    from aliyunsdkcore.auth.credentials import AccessKeyCredential, StsTokenCredential

    kind = StsTokenCredential if config.security_token else AccessKeyCredential

    def own(secret):
        token = (config.security_token,) if config.security_token else ()
        return kind(config.access_key_id, secret, *token)

    client = acs(Client(config))
    with time_machine.travel(time.time(), tick=False):
        sent = call(client, "ROA")
        client._signer._credential = own(config.access_key_secret)
        assert call(client, "ROA") == sent
        client._signer._credential = own("other")
        assert call(client, "ROA") != sent


def test_a_refresh_is_followed(acs, call, alicred_emulator, alicred_credentials_uri, alicred_clock):
    """From a refresh on requests are signed with the new credential."""
    client = acs(Client(Config(type="credentials_uri", credentials_uri=alicred_credentials_uri.url)))
    sent = []
    for _ in range(3):
        sent.append(call(client, "RPC"))
        alicred_clock.shift(minutes=45)
    issued = alicred_emulator.ledger.credentials
    assert len(issued) == 3
    assert all(is_signed(*pair) for pair in zip(sent, issued, strict=True))


def test_the_parts_of_one_request_are_of_one_credential(acs, call, restless_client):
    """The package reads five times, and the client has another credential each time it is asked."""
    client = acs(restless_client)
    sent = [call(client, "RPC"), call(client, "RPC")]
    for request, credential in zip(sent, restless_client.given[1:], strict=True):
        assert is_signed(request, credential)
    headers = call(client, "ROA").headers
    used = restless_client.given[-1]
    assert headers["x-acs-security-token"] == used.security_token
    assert headers["authorization"].startswith(f"acs {used.access_key_id}:")


class ChangingClient(Client):
    """Has a long-lived key that is another one each time."""

    reads = 0

    def get_credential(self):
        self.reads += 1
        key = {"access_key_id": f"LTAI{self.reads}", "access_key_secret": f"secret{self.reads}"}
        return Credential(type="access_key", provider_name="changing", **key)


def test_the_parts_of_a_long_lived_key_belong_together_too():
    """Here the id is read first."""
    parts = credential_of(ChangingClient(LONG_LIVED))
    read = [(parts.access_key_id, parts.access_key_secret) for _ in range(2)]
    assert read == [("LTAI2", "secret2"), ("LTAI3", "secret3")]


def test_the_requests_of_two_threads_do_not_mix(restless_client):
    """A thread that begins a request changes nothing for one that is in the middle of its own."""
    parts = credential_of(restless_client)
    token = parts.sts_token
    with ThreadPoolExecutor(1) as other:
        others = other.submit(lambda: (parts.sts_token, parts.sts_access_key_id)).result()
    first, second = restless_client.given[1:]
    assert (token, parts.sts_access_key_id, parts.sts_access_key_secret) == (
        first.security_token,
        first.access_key_id,
        first.access_key_secret,
    )
    assert others == (second.security_token, second.access_key_id)


def test_a_part_that_is_read_by_itself_is_there(restless_client):
    """Whoever does not begin with the token gets parts that fit together all the same."""
    parts = credential_of(restless_client)
    read = (parts.sts_access_key_id, parts.sts_access_key_secret)
    used = restless_client.given[-1]
    assert read == (used.access_key_id, used.access_key_secret)


@BOTH
def test_it_is_copied_and_pickled_with_its_client(config):
    """What arrives is of the package's class, and has the same parts."""
    parts = credential_of(Client(config))
    for one in (copy.copy(parts), copy.deepcopy(parts), pickle.loads(pickle.dumps(parts))):
        assert type(one) is type(parts)
        assert one is not parts
        if config.security_token:
            assert (one.sts_token, one.sts_access_key_id) == (config.security_token, config.access_key_id)
        else:
            assert (one.access_key_id, one.access_key_secret) == (config.access_key_id, "secret")


def test_it_shows_no_secret():
    """Its text says what it is, and whose."""
    parts = credential_of(Client(SESSION))
    assert parts.sts_token
    assert repr(parts) == str(parts) == "StsTokenCredential(Client(type='sts'))"


def test_a_client_without_keys_is_refused():
    """The package knows no bearer tokens."""
    with pytest.raises(ConfigurationError, match=r"type 'bearer' has none\. Use a client of another type\."):
        credential_of(Client(Config(type="bearer", bearer_token="x")))


@pytest.mark.parametrize(
    ("before", "after"), [(LONG_LIVED, SESSION), (SESSION, LONG_LIVED)], ids=["to sts", "from sts"]
)
def test_a_client_that_becomes_of_the_other_kind_is_refused(acs, call, service, monkeypatch, before, after):
    """A request with a token that the key has not, or without the token that it needs, is not sent."""
    client = Client(before)
    used = acs(client)
    changed = Client(after).get_credential()
    monkeypatch.setattr(client, "get_credential", lambda: changed)
    with pytest.raises(ConfigurationError, match=r"gone over .*\. Build another AcsClient\."):
        call(used, "RPC")
    assert service.sent == []


def test_an_error_of_the_client_is_the_callers(acs, call, service):
    """The package passes it on as it is, and sends nothing."""
    client = Client(SESSION)
    used = acs(client)
    client.close()
    with pytest.raises(ConfigurationError, match=r"has been closed\. Build another one\."):
        call(used, "RPC")
    assert service.sent == []


def test_the_package_prefers_a_key_in_the_environment(acs, call, monkeypatch):
    """The page warns of it: the credential that is handed over is not even looked at."""
    monkeypatch.setenv("ALIYUN_ACCESS_KEY_ID", "LTAIenvironment")
    monkeypatch.setenv("ALIYUN_ACCESS_KEY_SECRET", "other")
    sent = call(acs(Client(SESSION)), "RPC")
    assert dict(sent.query)["AccessKeyId"] == "LTAIenvironment"


def test_without_the_package_the_error_says_how_to_install_it(monkeypatch):
    """No extra of alicred's is needed."""
    monkeypatch.setitem(sys.modules, "aliyunsdkcore", None)
    for name in [name for name in sys.modules if name.startswith("aliyunsdkcore.")]:
        monkeypatch.delitem(sys.modules, name)
    adapter._joined.cache_clear()
    with pytest.raises(ConfigurationError, match=r"not installed\. .*: pip install aliyun-python-sdk-core$"):
        credential_of(Client(SESSION))


def test_an_installation_that_is_broken_is_not_called_missing(monkeypatch):
    """What the package itself cannot import is named by Python."""

    def broken(name):
        raise ModuleNotFoundError(name="jmespath")

    monkeypatch.setattr(adapter, "import_module", broken)
    adapter._joined.cache_clear()
    with pytest.raises(ModuleNotFoundError):
        credential_of(Client(SESSION))


def test_the_adapter_is_loaded_by_who_needs_it():
    """alicred imports neither it nor the package by itself; nor does the adapter, before it is used."""
    program = (
        "import sys\n"
        "import alicred, alicred.testing\n"
        "assert not {'alicred.adapters', 'aliyunsdkcore'} & set(sys.modules)\n"
        "import alicred.adapters.aliyun_python_sdk_core\n"
        "assert 'aliyunsdkcore' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
