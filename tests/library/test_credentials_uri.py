"""A credentials URI is asked with one GET, in the words of whoever wrote it."""

import base64

import pytest

from alicred.environment import Environment
from alicred.exceptions import CredentialException, CredentialRefusedError, ServiceUnreachableError
from alicred.http import HttpTransport
from alicred.providers.credentials_uri import build
from alicred.proxies import proxies_for
from alicred.settings import Settings
from alicred.transport import NoReply, Terms

LOOPBACK = "localhost,127.0.0.0/8,::1"

TARGETS = [
    "/",
    "/credential",
    "/a/b/c/",
    "/?",
    "/a?b=1&b=2&b=1",
    "/a?blank=&none&=&&x",
    "/a?b=1+2%202%2B2",
    "/%2f%2F%e4%C3%a4",
    "/100%",
    "/a?next=http://other/?x=1",
    "/a/../b/./c",
    "//a//b",
    "/a;v=1?x=[1]&y={2}&z=a|b",
    "/~a'(b)*!$,;:@",
    '/a?x="<>^`\\',
]


@pytest.fixture
def server(serve, document):
    """Give a good credential to whoever asks."""

    def handle(peer):
        while peer.read_request():
            peer.answer(document())

    return serve(handle)


@pytest.fixture
def fetch(now):
    """Ask a URI through a real transport, in an environment of these variables."""

    def fetch(uri, environment=(), **values):
        settings = Settings("credentials_uri", {"credentials_uri": uri, **values})
        return build(settings, Environment(dict(environment)), HttpTransport()).fetch(now).credential

    return fetch


@pytest.mark.parametrize("target", TARGETS)
def test_the_request_line_says_what_was_written(server, fetch, target):
    """Path and query arrive byte for byte: order, repetition, blanks, encoding and case."""
    assert fetch(server.url + target).has_keys()
    assert server.request_lines() == [f"GET {target} HTTP/1.1"]


@pytest.mark.parametrize(
    ("written", "sent"),
    [("", "/"), ("?x=1", "/?x=1"), ("/a#fragment", "/a"), ("/caf\u00e9?\u4e2d", "/caf%C3%A9?%E4%B8%AD")],
)
def test_what_cannot_stand_in_a_request_line_is_written_as_it_must_be(server, fetch, written, sent):
    """A path is needed, a fragment stays at home, and letters outside ASCII travel as UTF-8."""
    fetch(server.url + written)
    assert server.request_lines() == [f"GET {sent} HTTP/1.1"]


@pytest.mark.parametrize("target", TARGETS)
def test_a_proxy_is_told_what_was_written(server, fetch, target):
    """Through a proxy the whole URL goes, without its userinfo and in the same words."""
    fetch(f"http://us:pw@service.example:81{target}", proxy=server.url)
    assert server.request_lines() == [f"GET http://service.example:81{target} HTTP/1.1"]
    assert server.headers()["host"] == "service.example:81"


@pytest.mark.parametrize(
    ("userinfo", "means"),
    [
        ("user:pass", "user:pass"),
        ("user", "user:"),
        ("user:", "user:"),
        (":pass", ":pass"),
        ("us%40er:pa%3Ass%2f", "us@er:pa:ss/"),
        ("%E2%82%AC:\u00e4", "\u20ac:\u00e4"),
    ],
)
def test_userinfo_becomes_basic_authorization(server, fetch, userinfo, means):
    """Name and password are decoded once, and do not show in the request line or the Host header."""
    fetch(server.url.replace("http://", f"http://{userinfo}@") + "/x")
    assert server.headers()["authorization"] == "Basic " + base64.b64encode(means.encode()).decode()
    assert server.request_lines() == ["GET /x HTTP/1.1"]
    assert server.headers()["host"] == f"127.0.0.1:{server.port}"


def test_without_userinfo_nothing_is_authorized(server, fetch, tmp_path, monkeypatch):
    """No .netrc of the user's is looked into."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login user password pass")
    monkeypatch.setenv("NETRC", str(netrc))
    fetch(server.url)
    assert "authorization" not in server.headers()


def test_an_ipv6_host_is_reached_and_named_in_brackets(serve, document, fetch):
    """[::1] is an address like others."""

    def handle(peer):
        peer.read_request()
        peer.answer(document())

    try:
        server = serve(handle, host="::1")
    except OSError:
        pytest.skip("no IPv6 here")
    fetch(server.url + "/x")
    assert server.headers()["host"] == f"[::1]:{server.port}"


def test_a_request_carries_the_headers_of_a_plain_client(server, fetch):
    """No compression, no cookies, no name of the machine."""
    fetch(server.url)
    names = {"host", "accept", "accept-encoding", "connection", "user-agent"}
    assert set(server.headers()) <= names
    assert server.headers()["accept-encoding"] == "identity"


# Statuses


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((status, CredentialRefusedError) for status in (201, 204, 302, 304, 400, 401, 403, 404, 418)),
        *((status, ServiceUnreachableError) for status in (429, 500, 502, 503, 504)),
    ],
)
def test_every_status_but_200_is_an_error_that_names_it(script, uri, now, status, kind, told, canary):
    """The service said no, or is in trouble: the latter may pass by itself."""
    with pytest.raises(kind, match=f"status {status}") as caught:
        uri(script(status)).fetch(now)
    assert caught.value.provider == "credential_uri"
    assert "whoever runs that service" in caught.value.remedy
    assert not caught.value.absent
    assert canary not in told(caught.value)


def test_a_redirect_is_named_as_one(script, uri, now):
    """Whoever set it up learns why it does not work."""
    with pytest.raises(CredentialRefusedError, match="a redirect, which is not followed"):
        uri(script(302)).fetch(now)


@pytest.mark.parametrize("connected", [True, False])
def test_a_service_that_gives_no_answer_is_broken_not_absent(script, uri, now, connected):
    """Whoever configured a URI wants it asked, so the default chain must not pass over it in silence."""
    with pytest.raises(ServiceUnreachableError, match="Check that the service runs") as caught:
        uri(script(NoReply("could not be connected to.", connected=connected))).fetch(now)
    assert not caught.value.absent
    assert caught.value.temporary


def test_an_error_names_the_host_and_nothing_else_of_the_uri(script, uri, now, told, canary):
    """Userinfo, path and query may be secrets."""
    with pytest.raises(CredentialException, match=r"on service\.example ") as caught:
        uri(script(500), f"http://{canary}:{canary}@service.example/{canary}?{canary}#{canary}").fetch(now)
    assert canary not in told(caught.value)


@pytest.mark.parametrize("address", ["http://*bad/", "http://a..b/", f"http://{'a' * 64}/"])
def test_a_host_that_can_be_none_is_an_error_of_ours(fetch, address):
    """Whatever the parts below make of an address, a CredentialException comes out."""
    with pytest.raises(ServiceUnreachableError):
        fetch(address)


# The way there


def test_times_are_ten_and_five_seconds(script, document, now):
    """Connecting and answering add up to one deadline."""
    transport = script(document())
    values = {"credentials_uri": "http://h/"}
    build(Settings("credentials_uri", values), Environment({}), transport).fetch(now)
    assert transport.terms == [Terms(10.0, 5.0, 15.0, {})]
    transport = script(document())
    values |= {"timeout": 1500, "connect_timeout": 500}
    build(Settings("credentials_uri", values), Environment({}), transport).fetch(now)
    assert transport.terms == [Terms(0.5, 1.5, 2.0, {})]


def test_the_proxy_that_is_given_wins_over_the_environment(script, document, now):
    """A proxy parameter holds for every address, whatever NO_PROXY says."""
    transport = script(document())
    values = {"credentials_uri": "http://h/", "proxy": "http://given:1"}
    environment = Environment({"HTTP_PROXY": "http://other:2", "NO_PROXY": "*"})
    build(Settings("credentials_uri", values), environment, transport).fetch(now)
    assert transport.terms[0].proxies == {"all": "http://given:1"}


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
def test_the_proxy_of_the_environment_is_used(server, fetch, variable):
    """As any client would, in both spellings, with and without a scheme."""
    fetch("http://service.example/x", {variable: server.url})
    fetch("http://service.example/y", {variable: server.url.removeprefix("http://")})
    assert server.request_lines() == [
        "GET http://service.example/x HTTP/1.1",
        "GET http://service.example/y HTTP/1.1",
    ]


@pytest.mark.parametrize("variable", ["no_proxy", "NO_PROXY"])
def test_an_exception_goes_past_the_proxy(server, fetch, variable):
    """The host that is excepted is reached by itself."""
    fetch(server.url + "/x", {"HTTP_PROXY": "http://127.0.0.1:1", variable: "localhost,127.0.0.1"})
    assert server.request_lines() == ["GET /x HTTP/1.1"]


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "localhost", "[::1]"])
def test_loopback_is_no_business_of_a_proxy(address):
    """What is allowed to travel in the clear must not leave the machine, whatever the variables say."""
    environment = Environment({"ALL_PROXY": "http://proxy:1", "HTTP_PROXY": "http://proxy:1"})
    assert proxies_for(f"http://{address}:8080/x", environment.proxies()) == {}
    assert proxies_for("http://service.example/x", environment.proxies()) != {}


def test_the_lower_case_spelling_wins(script, document, now):
    """As everywhere."""
    environment = Environment({"HTTP_PROXY": "http://upper:1", "http_proxy": "http://lower:1"})
    assert environment.proxies() == {"http": "http://lower:1", "no": LOOPBACK}


def test_an_empty_spelling_in_lower_case_says_that_there_is_no_proxy():
    """It is how a user takes the system's proxy away."""
    assert Environment({"HTTP_PROXY": "http://upper:1", "http_proxy": ""}).proxies() == {}


def test_under_cgi_http_proxy_is_a_header_and_not_believed():
    """There a client of the web server names it (httpoxy); the lower-case spelling is the machine's own."""
    request = {"REQUEST_METHOD": "GET", "HTTP_PROXY": "http://evil:1", "HTTPS_PROXY": "http://good:1"}
    assert Environment(request).proxies() == {"https": "http://good:1", "no": LOOPBACK}
    assert Environment({**request, "http_proxy": "http://good:2"}).proxies()["http"] == "http://good:2"


def test_a_scheme_in_capitals_goes_through_the_proxy_as_any_other(server, fetch):
    """The request line names the service, not the proxy."""
    fetch("HTTP://service.example:81/x", proxy=server.url)
    [line] = server.request_lines()
    assert line.lower() == "get http://service.example:81/x http/1.1"


EXCEPTIONS = {
    "*": ["http://a/", "https://b.c:8443/", "http://[::1]/"],
    "example.com": ["http://example.com/", "http://EXAMPLE.com:81/", "https://a.b.example.com/"],
    ".example.com": ["http://example.com/", "http://a.example.com/"],
    "*.example.com": ["http://example.com/", "http://a.example.com/"],
    " a , Example.COM ,, ": ["http://a/", "http://example.com/"],
    "example.com:8080": ["http://example.com:8080/", "http://a.example.com:8080/"],
    "example.com:80": ["http://example.com/"],
    "example.com:443": ["https://example.com/"],
    "10.0.0.0/8": ["http://10.1.2.3/", "http://10.1.2.3:99/"],
    "10.1.2.3": ["http://10.1.2.3/"],
    "10.1.2.3:99": ["http://10.1.2.3:99/"],
    "::1": ["http://[::1]/", "http://[::1]:1/"],
    "[::1]": ["http://[::1]/"],
    "[::1]:8080": ["http://[::1]:8080/"],
    "fd00::80": ["http://[fd00::80]/"],
    "fd00::/8": ["http://[fd12::1]:8080/"],
}
NO_EXCEPTIONS = {
    "": ["http://a/"],
    ",": ["http://a/"],
    ".": ["http://a/", "http://a./"],
    "*.": ["http://a/"],
    ":80": ["http://a/", "http://a./"],
    "example.com": ["http://badexample.com/", "http://example.com.evil/", "http://com/"],
    "example.com:8080": ["http://example.com/", "http://example.com:8081/"],
    "10.0.0.0/8": ["http://11.1.2.3/", "http://a10.0.0.1/", "http://[::1]/"],
    "10.1.2": ["http://10.1.2.3/"],
    "fd00::1": ["http://[fd00::2]/"],
    "[]": ["http://a/"],
    "not/a/network": ["http://a/"],
}


@pytest.mark.parametrize(("no", "url"), [(no, url) for no, urls in EXCEPTIONS.items() for url in urls])
def test_an_address_that_no_proxy_names_is_reached_without_one(no, url):
    """A host, a domain, an address or a network, with or without a port."""
    assert proxies_for(url, {"all": "http://p:1", "no": no}) == {}


@pytest.mark.parametrize(("no", "url"), [(no, url) for no, urls in NO_EXCEPTIONS.items() for url in urls])
def test_an_address_that_no_proxy_does_not_name_is_reached_through_it(no, url):
    """What merely resembles an exception is none."""
    assert proxies_for(url, {"http": "http://p:1", "no": no}) == {"http": "http://p:1"}


def test_without_proxies_there_are_none():
    """Exceptions alone mean nothing."""
    assert proxies_for("http://a/", {"no": "b"}) == {}
    assert proxies_for("http://a/", {}) == {}
