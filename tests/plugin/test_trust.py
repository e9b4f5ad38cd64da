"""Unmodified clients trust the fakes at the real names, and nobody else does, and nothing of it stays."""

import asyncio
import contextlib
import http.client
import os
import shutil
import ssl
import subprocess
import sys
import urllib.request
import warnings
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import aiohttp
import aiohttp.connector
import certifi
import httpx
import pytest
import requests
import requests.adapters
import urllib3

from alicred_emulator.authority import CertificateAuthority
from alicred_emulator.ca_bundle import CaBundle
from alicred_emulator.trust import trusting

URL = "https://sts.cn-hangzhou.aliyuncs.com/hello"
KEPT_PATH = certifi.where()
MADE_EARLIER = requests.Session()
VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")


def by_requests():
    return requests.get(URL, timeout=10).text


def by_requests_without_the_environment():
    with requests.Session() as session:
        session.trust_env = False
        return session.get(URL, timeout=10).text


def by_a_prepared_request():
    # As Alibaba's SDK does: nothing of the environment is merged.
    with requests.Session() as session:
        return session.send(requests.Request("GET", URL).prepare(), timeout=10).text


def by_an_earlier_session():
    return MADE_EARLIER.send(requests.Request("GET", URL).prepare(), timeout=10).text


def by_urllib3():
    with urllib3.PoolManager(retries=False) as pool:
        return pool.request("GET", URL).data.decode()


def by_urllib3_with_certifi():
    with urllib3.PoolManager(retries=False, ca_certs=certifi.where()) as pool:
        return pool.request("GET", URL).data.decode()


def by_urllib():
    with urllib.request.urlopen(URL, timeout=10) as answer:
        return answer.read().decode()


def by_http_client(**context):
    connection = http.client.HTTPSConnection("sts.cn-hangzhou.aliyuncs.com", timeout=10, **context)
    try:
        connection.request("GET", "/hello")
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def by_a_kept_path():
    return by_http_client(context=ssl.create_default_context(cafile=KEPT_PATH))


def by_a_path_object():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cafile=Path(KEPT_PATH))
    return by_http_client(context=context)


def by_httpx():
    return httpx.get(URL, timeout=10).text


def by_httpx_without_the_environment():
    with httpx.Client(trust_env=False) as client:
        return client.get(URL).text


async def by_httpx_async():
    async with httpx.AsyncClient() as client:
        return (await client.get(URL)).text


async def by_aiohttp():
    async with aiohttp.ClientSession() as session, session.get(URL) as answer:
        return await answer.text()


async def by_aiohttp_with_certifi():
    context = ssl.create_default_context(cafile=certifi.where())
    async with aiohttp.ClientSession() as session, session.get(URL, ssl=context) as answer:
        return await answer.text()


async def by_asyncio():
    reader, writer = await asyncio.open_connection("sts.cn-hangzhou.aliyuncs.com", 443, ssl=True)
    writer.write(b"GET /hello HTTP/1.0\r\n\r\n")
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer.decode().rpartition("\r\n")[2]


CLIENTS = [
    by_requests,
    by_requests_without_the_environment,
    by_a_prepared_request,
    by_an_earlier_session,
    by_urllib3,
    by_urllib3_with_certifi,
    by_urllib,
    by_http_client,
    by_a_kept_path,
    by_a_path_object,
    by_httpx,
    by_httpx_without_the_environment,
    by_httpx_async,
    by_aiohttp,
    by_aiohttp_with_certifi,
    by_asyncio,
]
clients = pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.__name__)


def ask(client):
    return asyncio.run(client()) if asyncio.iscoroutinefunction(client) else client()


@pytest.fixture
def on_ecs(alicred_on_ecs):
    """An instance whose STS says hello."""
    alicred_on_ecs.sts.expect_request("/hello").respond_with_data("hello")
    yield alicred_on_ecs
    MADE_EARLIER.close()


@pytest.fixture
def other_authority():
    """An authority that certifies nobody here."""
    return CertificateAuthority().certificate_pem.decode()


@pytest.fixture
def bundle():
    """A bundle of another emulator, as a file, and the certificate in it."""
    authority = CertificateAuthority()
    bundle = CaBundle(authority)
    yield bundle.path, authority.certificate_pem.decode()
    bundle.remove()


@pytest.fixture
def opener_of_before():
    """The opener that urllib keeps from its first use, which was outside."""
    urllib.request.install_opener(None)
    urllib.request.urlopen("data:,hello").close()
    yield urllib.request._opener
    urllib.request.install_opener(None)


def test_the_opener_that_urllib_keeps_trusts_the_fakes(opener_of_before, on_ecs):
    """From Python 3.12 on it holds a context."""
    assert by_urllib() == "hello"
    assert urllib.request._opener is opener_of_before


def test_an_opener_that_urllib_makes_inside_is_forgotten(pytester, monkeypatch):
    """Afterwards urllib makes another one, which trusts the fakes no more."""
    monkeypatch.setattr(urllib.request, "_opener", None)
    pytester.makepyfile("""
        import urllib.request

        def test_inside(alicred_on_ecs):
            urllib.request.urlopen("data:,hello").close()

        def test_outside():
            assert urllib.request._opener is None
    """)
    pytester.runpytest_inprocess("-p", "no:randomly", "-p", "no:asyncio").assert_outcomes(passed=2)


@clients
def test_every_client_trusts_the_fakes(on_ecs, client):
    """Whatever it asks whom to trust, and whenever its library was imported."""
    assert ask(client) == "hello"


@clients
def test_and_so_it_does_in_any_year(on_ecs, alicred_frozen_process, client):
    """A frozen process may be in any year that the certificates are good in."""
    alicred_frozen_process.move_to("2999-06-01")
    assert ask(client) == "hello"


def test_a_client_that_trusts_somebody_else_is_refused(on_ecs, other_authority, tmp_path):
    """An authority that the program names itself is not added to: that would hide a mistake."""
    mine = tmp_path / "cacert.pem"
    mine.write_text(other_authority)
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(URL, verify=str(mine), timeout=10)
    with pytest.raises(ssl.SSLCertVerificationError):
        by_http_client(context=ssl.create_default_context(cadata=other_authority))


def test_a_copy_of_certifi_that_a_package_brings_is_as_good(on_ecs, tmp_path):
    """pip, botocore and Alibaba's older SDK have one of their own."""
    tmp_path.joinpath("__init__.py").touch()
    copy = shutil.copy(certifi.where(), tmp_path / "cacert.pem")
    assert by_http_client(context=ssl.create_default_context(cafile=copy)) == "hello"
    assert requests.get(URL, verify=str(copy), timeout=10).text == "hello"


def test_the_variables_name_the_bundle(on_ecs):
    """A program that a test starts inherits them, in whatever language it is written."""
    assert {os.environ[name] for name in VARIABLES} == {str(on_ecs.ca_bundle)}
    code = "import ssl; print(len(ssl.create_default_context().get_ca_certs()))"
    started = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(started.stdout) > 1


def test_loading_is_otherwise_what_it_was(on_ecs, tmp_path):
    """A wrong call and a missing file are the errors that they are without us."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with pytest.raises(TypeError, match="cannot be all omitted"):
        context.load_verify_locations()
    with pytest.raises(FileNotFoundError):
        context.load_verify_locations(tmp_path / "cacert.pem")
    context.load_verify_locations(capath=tmp_path)
    assert context.get_ca_certs() == []


def state():
    owners = (ssl.SSLContext, ssl, certifi, aiohttp.connector, requests.adapters, requests.utils)
    return [dict(vars(owner)) for owner in owners], {name: os.environ.get(name) for name in VARIABLES}


def test_everything_is_put_back(monkeypatch, bundle):
    """Afterwards classes, modules and variables are exactly what they were, also after an error inside."""
    monkeypatch.setenv("SSL_CERT_FILE", KEPT_PATH)
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    before = state()
    with contextlib.suppress(LookupError), trusting(*bundle):
        inside = state()
        raise LookupError
    assert inside != before
    assert state() == before


@pytest.fixture
def other_version(tmp_path, monkeypatch):
    """Put another version of a library's module in place of the installed one."""

    def put(name, source):
        file = tmp_path / f"{name}.py"
        file.write_text(source)
        spec = spec_from_file_location(name, file)
        module = module_from_spec(spec)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            spec.loader.exec_module(module)
        monkeypatch.setitem(sys.modules, name, module)
        return module

    return put


@pytest.fixture
def keeper(other_version):
    """A library that makes its context when it is imported, and warns at that.

    aiohttp does, and requests 2.32.2 to 2.32.4.
    """
    source = """
import certifi, ssl, warnings
warnings.warn("something optional is missing")
kept = ssl.create_default_context(cafile=certifi.where())
"""
    return other_version("requests.adapters", source)


def trusts(context, certificate):
    return ssl.PEM_cert_to_DER_cert(certificate) in context.get_ca_certs(binary_form=True)


def test_a_context_that_a_library_keeps_is_swapped(keeper, bundle):
    """The library has another for a while, that trusts us too, and its own again afterwards, as it was."""
    kept, before = keeper.kept, keeper.kept.get_ca_certs()
    with trusting(*bundle):
        assert trusts(keeper.kept, bundle[1])
        assert len(keeper.kept.get_ca_certs()) == len(before) + 1
    assert keeper.kept is kept
    assert kept.get_ca_certs() == before


def test_the_context_of_a_library_is_made_once(keeper, bundle):
    """Making one takes longer than all else, so that a suite makes one, and a second emulator another."""
    kept = []
    for which in (bundle, bundle, (bundle[0].with_name("other.pem"), bundle[1])):
        with trusting(*which):
            kept.append(keeper.kept)
    assert kept[0] is kept[1]
    assert kept[0] is not kept[2]


def test_a_context_of_outside_is_not_touched(bundle):
    """What a program made before trusts whom it trusted, and so does what it makes after."""
    before = ssl.create_default_context(cafile=KEPT_PATH)
    with trusting(*bundle):
        inside = ssl.create_default_context(cafile=KEPT_PATH)
    after = ssl.create_default_context(cafile=KEPT_PATH)
    assert [trusts(context, bundle[1]) for context in (before, inside, after)] == [False, True, False]


def test_a_context_that_a_library_makes_late_is_forgotten(other_version, bundle):
    """aiohttp before 3.10.4 makes one when it is first needed, inside or outside, and keeps it."""
    source = """
import functools, ssl
class TCPConnector:
    @staticmethod
    @functools.lru_cache(None)
    def _make_ssl_context(verified):
        return ssl.create_default_context()
"""
    make = other_version("aiohttp.connector", source).TCPConnector._make_ssl_context
    outside = trusts(make(True), bundle[1])
    with trusting(*bundle):
        inside = trusts(make(True), bundle[1])
    assert (outside, inside, trusts(make(True), bundle[1])) == (False, True, False)


def test_a_library_that_is_imported_inside_is_as_if_imported_outside(pytester, monkeypatch):
    """It trusts the fakes at once, nobody but the real authorities afterwards, and the fakes again later."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(
        """
        import asyncio, certifi, sys

        async def get():
            import aiohttp

            async with aiohttp.ClientSession() as session:
                async with session.get("https://sts.aliyuncs.com/hello") as answer:
                    return await answer.text()

        def test_inside(alicred_on_ecs):
            assert {"aiohttp", "requests", "Tea"}.isdisjoint(sys.modules)
            alicred_on_ecs.sts.expect_request("/hello").respond_with_data("hello")
            assert asyncio.run(get()) == "hello"
            import requests
            assert requests.get("https://sts.aliyuncs.com/hello").text == "hello"

        def test_outside(alicred_emulator):
            import aiohttp.connector, requests.adapters, ssl

            ours = ssl.PEM_cert_to_DER_cert(alicred_emulator.ca_certificate)
            kept = [value for value in vars(aiohttp.connector).values() if isinstance(value, ssl.SSLContext)]
            assert not any(ours in context.get_ca_certs(binary_form=True) for context in kept)
            assert requests.adapters.DEFAULT_CA_BUNDLE_PATH == certifi.where()

        def test_inside_again(alicred_on_ecs):
            alicred_on_ecs.sts.expect_request("/hello").respond_with_data("hello")
            assert asyncio.run(get()) == "hello"
        """
    )
    result = pytester.runpytest_subprocess("-W", "error", "-p", "alicred_emulator")
    result.assert_outcomes(passed=3)


def test_two_emulators_in_one_process_are_kept_apart(run, on_ecs):
    """A session inside a test has an authority of its own, and gives the outer one back."""
    assert ask(by_aiohttp) == "hello"
    run(
        """
        import asyncio, aiohttp

        async def get():
            async with aiohttp.ClientSession() as session:
                async with session.get("https://sts.aliyuncs.com/hello") as answer:
                    return await answer.text()

        def test_inside(alicred_on_ecs):
            alicred_on_ecs.sts.expect_request("/hello").respond_with_data("inner")
            assert asyncio.run(get()) == "inner"
        """
    ).assert_outcomes(passed=1)
    assert ask(by_aiohttp) == "hello"


def test_without_tls_nothing_is_made(run):
    """A test that is not on the instance pays nothing for all this: no authority, no file, no variable."""
    run(
        """
        import os, tempfile

        def test_alone(alicred_emulator):
            assert alicred_emulator._world.ca._made is None
            assert alicred_emulator._ca_bundle._path is None
        """
    ).assert_outcomes(passed=1)


def test_a_session_leaves_no_bundle(run, tmp_path, monkeypatch):
    """The file is one for all tests of a session, and ends with it."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    run(
        """
        paths = set()

        def test_first(alicred_on_ecs):
            paths.add(alicred_on_ecs.ca_bundle)

        def test_second(alicred_on_ecs):
            paths.add(alicred_on_ecs.ca_bundle)
            assert len(paths) == 1
        """,
        "-p",
        "no:randomly",
    ).assert_outcomes(passed=2)
    assert list(tmp_path.glob("alicred-ca-bundle-*")) == []


@pytest.mark.parametrize(
    ("freeze", "place", "url"),
    [
        ("alicred_frozen_process", "alicred_on_ecs", "https://sts.aliyuncs.com/hello"),
        ("freezer", "alicred_on_ecs", "https://sts.aliyuncs.com/hello"),
        ("alicred_frozen_process", "alicred_emulator", "{imds}/latest/dynamic/instance-identity/pkcs7"),
    ],
)
def test_a_process_may_be_frozen_before_anything_is_certified(pytester, monkeypatch, freeze, place, url):
    """Whoever stops the time first, by our fixture or another, the fakes certify and sign, then and later."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(
        f"""
        import freezegun, pytest, urllib.request

        @pytest.fixture
        def freezer():
            with freezegun.freeze_time("2030-01-01"):
                yield

        def ask(emulator):
            emulator.sts.expect_request("/hello").respond_with_data("hello")
            url = {url!r}.format(imds=emulator.imds.url)
            with urllib.request.urlopen(url, timeout=10) as answer:
                assert answer.status == 200

        def test_frozen({freeze}, {place}):
            ask({place})

        def test_thawed({place}):
            ask({place})
        """
    )
    result = pytester.runpytest_subprocess("-W", "error", "-p", "alicred_emulator")
    result.assert_outcomes(passed=2)


def test_the_context_of_a_kept_opener_is_swapped(bundle, monkeypatch):
    """Whichever Python it is: the opener trusts us for a while, and whom it trusted afterwards."""
    opener = urllib.request.build_opener()
    handler = next(one for one in opener.handlers if isinstance(one, urllib.request.HTTPSHandler))
    before = handler._context = ssl.create_default_context()
    monkeypatch.setattr(urllib.request, "_opener", opener)
    with trusting(*bundle):
        assert trusts(handler._context, bundle[1])
    assert handler._context is before
    assert not trusts(before, bundle[1])


def test_nothing_is_kept_where_urllib_was_never_loaded(bundle, monkeypatch):
    """A program that loads it later makes its opener then."""
    monkeypatch.delitem(sys.modules, "urllib.request")
    with trusting(*bundle):
        assert "urllib.request" not in sys.modules
