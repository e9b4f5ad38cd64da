"""Which parameters each type takes, where they come from, and what bad ones get."""

import subprocess
import sys
import warnings

import pytest

from alicred import Client, Config, ConfigurationError, ConfigWarning
from alicred.environment import Environment
from alicred.parameters import TYPES, VARIABLES, resolve

GOOD = {
    "access_key_id": "LTAIexample",
    "access_key_secret": "secret",
    "security_token": "token",
    "bearer_token": "bearer",
    "role_name": "EcsRole",
    "disable_imds_v1": True,
    "credentials_uri": "http://localhost:8080/x",
    "timeout": 1000,
    "connect_timeout": 1000,
    "proxy": "http://proxy:3128",
    "role_arn": "acs:ram::123:role/r",
    "role_session_name": "session",
    "role_session_expiration": 3600,
    "policy": "{}",
    "external_id": "external",
    "oidc_provider_arn": "acs:ram::123:oidc-provider/p",
    "oidc_token_file_path": "/run/token",
    "sts_endpoint": "sts.example",
    "public_key_id": "public",
    "private_key_file": "/run/key",
    "source": Config(type="ecs_ram_role"),
}
REQUEST = ["timeout", "connect_timeout", "proxy"]
SESSION = ["role_session_name", "role_session_expiration", "policy"]
REQUIRED = {
    "access_key": ["access_key_id", "access_key_secret"],
    "sts": ["access_key_id", "access_key_secret", "security_token"],
    "ram_role_arn": ["access_key_id", "access_key_secret", "role_arn"],
    "ecs_ram_role": [],
    "oidc_role_arn": ["role_arn", "oidc_provider_arn", "oidc_token_file_path"],
    "credentials_uri": ["credentials_uri"],
    "bearer": ["bearer_token"],
    "rsa_key_pair": ["public_key_id", "private_key_file"],
}
OPTIONAL = {
    "access_key": [],
    "sts": [],
    "ram_role_arn": ["security_token", "source", *SESSION, "external_id", "sts_endpoint", *REQUEST],
    "ecs_ram_role": ["role_name", "disable_imds_v1", *REQUEST],
    "oidc_role_arn": [*SESSION, "sts_endpoint", *REQUEST],
    "credentials_uri": REQUEST,
    "bearer": [],
    "rsa_key_pair": ["role_session_expiration", "sts_endpoint", *REQUEST],
}
# A key pair is said where it is used; there are no variables for it.
WITHOUT_VARIABLES = ["public_key_id", "private_key_file"]
OVER_STS = ["ram_role_arn", "oidc_role_arn", "rsa_key_pair"]
NOT_SUPPORTED = [
    (kind, name) for kind in REQUIRED for name in GOOD if name not in REQUIRED[kind] + OPTIONAL[kind]
]
TEXTS = [name for name, value in GOOD.items() if isinstance(value, str)]


def needed(kind):
    """Return the required parameters of a type, with good values."""
    return {name: GOOD[name] for name in REQUIRED[kind]}


def config(kind, **changes):
    """Return a good configuration of a type, with changes."""
    return Config(type=kind, **{**needed(kind), **changes})


def refused(wanted, environment=()):
    """Return the text of the error that a configuration gets."""
    with pytest.raises(ConfigurationError) as caught:
        resolve(wanted, Environment(dict(environment)))
    assert caught.value.__context__ is None
    assert caught.value.remedy
    return str(caught.value)


# The table


def test_the_table_of_parameters_is_the_documented_one():
    """A type that comes gets its rows here first; every parameter of Config has a good value here."""
    assert {kind: list(row.required) for kind, row in TYPES.items()} == REQUIRED
    assert {kind: sorted(row.optional) for kind, row in TYPES.items()} == {
        kind: sorted(names) for kind, names in OPTIONAL.items()
    }
    assert sorted(GOOD) == sorted(set(Config.part_names()) - {"type"})


@pytest.mark.parametrize("kind", REQUIRED)
def test_the_required_parameters_suffice(kind):
    """A client is built without a warning, and without asking anybody anything."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Client(config(kind)).get_type() == kind


@pytest.mark.parametrize("kind", REQUIRED)
def test_all_parameters_of_a_type_are_taken_without_a_warning(kind):
    """What the table allows has an effect, so there is nothing to warn of."""
    every = {name: GOOD[name] for name in REQUIRED[kind] + OPTIONAL[kind] if name != "source"}
    settings = resolve(Config(type=kind, **every), Environment({}))
    assert settings.values == every
    assert settings.ignored == ()


def test_a_source_is_taken_in_place_of_a_key_without_a_warning():
    """All the rest may be said as well."""
    key = ("access_key_id", "access_key_secret", "security_token")
    names = REQUIRED["ram_role_arn"] + OPTIONAL["ram_role_arn"]
    every = {name: GOOD[name] for name in names if name not in key}
    settings = resolve(Config(type="ram_role_arn", **every), Environment({}))
    assert settings.values == every
    assert list(settings.without_effect()) == []


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in REQUIRED for name in REQUIRED[kind]])
@pytest.mark.parametrize("value", [None, ""])
def test_a_required_parameter_that_is_missing_or_empty_is_named(kind, name, value):
    """The error names the type, the parameter and the variable that would do as well, if there is one."""
    message = refused(config(kind, **{name: value}))
    assert f"type {kind} needs {name}" in message
    assert "Pass it to Config" in message
    assert name in WITHOUT_VARIABLES or VARIABLES[name] in message


def test_all_that_is_missing_is_named_at_once():
    """Nobody wants to learn it one by one."""
    message = refused(Config(type="sts"))
    assert "access_key_id and access_key_secret and security_token" in message


@pytest.mark.parametrize(("kind", "name"), NOT_SUPPORTED)
def test_a_parameter_that_the_type_does_not_take_is_warned_of(kind, name, recwarn):
    """The warning names parameter and type, and points at the line that built the client."""
    with pytest.warns(ConfigWarning, match=f"^{name} has no effect on type {kind}") as caught:
        Client(config(kind, **{name: GOOD[name]}))
    assert [warning.filename for warning in caught] == [__file__]


def test_a_caller_whose_module_has_no_name_is_warned_as_well():
    """Such is code that an application runs by `exec`, as template engines and rule engines do."""
    code = "Client(Config(type='bearer', bearer_token='token', timeout=5))"
    with pytest.warns(ConfigWarning, match="timeout has no effect on type bearer"):
        exec(code, {"Client": Client, "Config": Config})


def test_every_parameter_that_has_no_effect_is_warned_of():
    """One warning each."""
    with pytest.warns(ConfigWarning) as caught:
        Client(config("bearer", role_name="r", timeout=1, policy="{}"))
    assert len(caught) == 3


@pytest.mark.parametrize(
    "kind", [None, "", "acess_key", "ACCESS_KEY", " sts", 1, True, ["sts"], {}, b"sts", object()]
)
def test_a_type_that_is_none_is_refused_with_all_that_there_are(kind):
    """The error lists the types that exist."""
    message = refused(Config(type=kind, access_key_id="x"))
    assert "type" in message
    assert all(known in message for known in TYPES)


def test_a_parameter_that_does_not_exist_is_a_type_error():
    """A misspelt name is a mistake in the program, as with any function; the message lists the names."""
    with pytest.raises(TypeError, match=r"no parameter 'rolename'; it has .*role_name"):
        Config(type="ecs_ram_role", rolename="r")
    with pytest.raises(TypeError):
        Config("ecs_ram_role")


@pytest.mark.parametrize("other", ["ecs_ram_role", {"type": "sts"}, 7, True, object()])
def test_what_is_no_config_is_refused(other):
    """A dictionary, or the Config of Alibaba's SDK, is not taken for one of ours."""
    with pytest.raises(ConfigurationError, match=r"alicred\.Config"):
        Client(other)


# Values


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("value", [1, 1.5, True, b"bytes", ["list"], {"a": 1}, object()])
def test_a_text_that_is_none_is_refused_whether_it_has_an_effect_or_not(name, value):
    """The parameter is named, its value is not shown."""
    assert f"{name} is not a text" in refused(config("ecs_ram_role", **{name: value}))


@pytest.mark.parametrize("value", ["true", "", 1, 0, 1.0, [], b"true"])
def test_a_switch_is_true_or_false(value):
    """A text that says false would be true."""
    assert "disable_imds_v1 is not True or False" in refused(config("ecs_ram_role", disable_imds_v1=value))


@pytest.mark.parametrize("name", ["timeout", "connect_timeout"])
@pytest.mark.parametrize(
    "value",
    [
        -1,
        0,
        -5000,
        600_001,
        10**12,
        10**400,
        1.5,
        1000.0,
        float("nan"),
        float("inf"),
        True,
        False,
        "1000",
        None.__class__,
        [1000],
    ],
    ids=str,
)
def test_a_timeout_is_a_whole_number_of_milliseconds_up_to_ten_minutes(name, value):
    """Negative, zero, absurd, boolean, fractional: the error says what fits."""
    message = refused(config("credentials_uri", **{name: value}))
    assert f"{name} is not a whole number of milliseconds from 1 to 600000" in message


@pytest.mark.parametrize("value", [1, 600_000])
def test_the_shortest_and_the_longest_timeout_are_taken(value):
    """Both ends belong to the range."""
    settings = resolve(config("credentials_uri", timeout=value), Environment({}))
    assert settings.seconds("timeout", default=5000) == value / 1000


@pytest.mark.parametrize("value", [-1, 0, True, 1.5, "3600"])
@pytest.mark.parametrize("kind", ["ecs_ram_role", *OVER_STS])
def test_a_session_expiration_is_a_whole_number_of_seconds(kind, value):
    """Units stand in the message."""
    assert "whole number of seconds" in refused(config(kind, role_session_expiration=value))


@pytest.mark.parametrize(
    ("kind", "shortest", "longest"),
    [("ram_role_arn", 900, 43_200), ("oidc_role_arn", 900, 43_200), ("rsa_key_pair", 900, 3600)],
)
def test_a_session_lasts_no_longer_and_no_shorter_than_is_documented(kind, shortest, longest):
    """The message says what fits, and both ends do; what a role allows is known to STS alone."""
    for value in (shortest - 1, longest + 1, 10**400):
        message = refused(config(kind, role_session_expiration=value))
        wanted = f"a whole number of seconds from {shortest} to {longest}"
        assert f"role_session_expiration is not {wanted}" in message
    for value in (shortest, longest):
        settings = resolve(config(kind, role_session_expiration=value), Environment({}))
        assert settings.number("role_session_expiration", default=1) == value


NO_FORM = {
    "role_arn": [
        "demo",
        "role/demo",
        "acs:ram::123:role/",
        "acs:ram::123:role/a b",
        "acs:ram::123:role/a/b",
        "acs:ram::123:role/..",
        "acs:ram::123:role/" + "r" * 65,
        "acs:ram::123:user/demo",
        "acs:ram:cn:123:role/demo",
        "acs:ram::abc:role/demo",
        "acs:ram:::role/demo",
        "acs:ram::\u0661\u0662\u0663:role/demo",
        "arn:aws:iam::123:role/demo",
        "acs:ram::123:role/demo\n",
    ],
    "oidc_provider_arn": [
        "ack-rrsa",
        "acs:ram::123:oidc-provider/",
        "acs:ram::123:saml-provider/x",
        "acs:ram::123:role/x",
        "acs:ram::123:oidc-provider/a b",
        "acs:ram::123:oidc-provider/" + "p" * 129,
        "acs:ram::123:oidc-provider/\u00e9",
    ],
    "role_session_name": ["x", "n" * 65, "a b", "a/b", "a:b", "\u00e9tat", "a\nb", "name "],
    "external_id": ["x", "x" * 1225, "a b", "a?b", "a\\b", "a%b", "\u00e9tat"],
    "policy": [
        "no JSON",
        "[]",
        "null",
        '"{}"',
        "{",
        "{'a': 1}",
        '{"a": NaN}',
        '{"a": -Infinity}',
        "{}{}",
        "\ufeff{}",
        '{"a": "\ud800"}',
        '{"a": "' + "x" * 2041 + '"}',
        '{"a":' * 400 + "1" + "}" * 400 + " ",
        "[" * 2048,
    ],
    "public_key_id": ["\u043a\u043b\u044e\u0447", "a\nb"],
}
GOOD_FORMS = {
    "role_arn": ["acs:ram::1234567890123456:role/Admin.Role-1_x", "acs:ram::1:role/" + "r" * 64],
    "oidc_provider_arn": ["acs:ram::123:oidc-provider/ack-rrsa-c132c_x.y", "acs:ram::1:oidc-provider/p"],
    "role_session_name": ["ab", "n" * 64, "alice.1@example-_"],
    "external_id": ["ab", "x" * 1224, "a_b=c,d.@:/-+"],
    "policy": ["{}", '\n{"Version": "1",\r\n\t"Statement": []}\n', '{"a": "' + "\u4e2d" * 2000 + '"}'],
    "oidc_token_file_path": ["token", "/var/run/secrets/rrsa tokens/token", "C:\\token", "/\u4e2d"],
}


def type_of(name):
    """Return a type that takes a parameter."""
    kinds = {"oidc_provider_arn": "oidc_role_arn", "oidc_token_file_path": "oidc_role_arn"}
    return {**kinds, "public_key_id": "rsa_key_pair"}.get(name, "ram_role_arn")


@pytest.mark.parametrize(("name", "value"), [(name, v) for name, values in NO_FORM.items() for v in values])
def test_what_cannot_be_right_is_refused_before_any_request(name, value):
    """STS would refuse it as well, later and in words of its own; the parameter is named, not the value."""
    message = refused(config(type_of(name), **{name: value}))
    assert name in message
    assert len(value) < 8 or value not in message


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, values in GOOD_FORMS.items() for v in values])
def test_what_may_be_right_is_taken_as_it_is(name, value):
    """Nothing is put straight; a policy may be laid out in lines."""
    settings = resolve(config(type_of(name), **{name: value}), Environment({}))
    assert settings.text(name) == value


def test_a_value_of_the_environment_is_named_by_its_variable():
    """Every form is checked there, too."""
    for name, variable in VARIABLES.items():
        if name in NO_FORM:
            given = {n: v for n, v in needed(type_of(name)).items() if n != name}
            message = refused(Config(type=type_of(name), **given), {variable: "a b"})
            assert f"{variable} is not " in message


@pytest.mark.parametrize("name", ["access_key_id", "access_key_secret", "security_token"])
@pytest.mark.parametrize(
    "form",
    [
        " {}",
        "{} ",
        "{}\n",
        "\t{}",
        "{}\r\n",
        "{}\nb",
        "a\x00{}",
        "a\x7f{}",
        "\ufeff{}",
        "{}\u200b",
        " ",
        "\n",
        "\u00a0{}",
        "{}\u2028",
    ],
)
def test_white_space_and_control_characters_are_refused(name, form, canary):
    """A secret with its line break would make each signature wrong, and a header of two lines."""
    message = refused(config("sts", **{name: form.format(canary)}))
    assert name in message
    assert "strip it" in message
    assert canary not in message


def test_a_variable_with_a_line_break_is_named_as_the_variable(canary):
    """Whoever set it looks there."""
    variables = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "x", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": f"{canary}\n"}
    message = refused(Config(type="access_key"), variables)
    assert "ALIBABA_CLOUD_ACCESS_KEY_SECRET begins or ends with white space" in message
    assert canary not in message


@pytest.mark.parametrize(
    "value",
    ["/../x", "..", ".", "a/b", "a b", "a?b", "a#b", "a%2fb", "r" * 65, "<html>", "\u0440\u043e\u043b\u044c"],
)
def test_a_role_name_that_is_none_is_refused(value):
    """It stands in a URL's path."""
    assert "role_name is not the name of a RAM role" in refused(config("ecs_ram_role", role_name=value))


@pytest.mark.parametrize(
    "value",
    [
        "x",
        "localhost:8080",
        "/path",
        "ftp://h/",
        "file:///etc/passwd",
        "http:",
        "http://",
        "http:///x",
        "http://:80/",
        "http://h:99999/",
        "http://h:-1/",
        "http://h:0/",
        "http://h:port/",
        "http://[::1/",
        "http://a b/",
        "http://h/a b",
        "http://\u2100/",
        "javascript:alert(1)",
        "http://h\\\x07",
    ],
)
def test_a_credentials_uri_that_is_none_is_refused(value):
    """It must say http or https and name a host; it is not shown, since it may hold a secret."""
    message = refused(config("credentials_uri", credentials_uri=value))
    assert "credentials_uri" in message
    assert len(value) < 8 or value not in message


@pytest.mark.parametrize(
    "value",
    [
        "http://h",
        "https://h/",
        "HTTP://H:1/x",
        "http://u:p@h:65535/?x=%20",
        "http://[::1]:8080/",
        "http://127.1/",
    ],
)
def test_a_credentials_uri_that_is_one_is_taken_as_it_is(value):
    """Nothing is put straight."""
    settings = resolve(config("credentials_uri", credentials_uri=value), Environment({}))
    assert settings.text("credentials_uri") == value


@pytest.mark.parametrize("value", ["proxy", "proxy:3128", "ftp://proxy", "http://", "http://p:99999"])
@pytest.mark.parametrize("kind", ["ecs_ram_role", "credentials_uri", *OVER_STS])
def test_a_proxy_that_is_none_is_refused(kind, value):
    """An example says what it looks like."""
    assert "proxy is not the URL of a proxy, such as" in refused(config(kind, proxy=value))


@pytest.mark.parametrize("kind", ["ecs_ram_role", "credentials_uri", *OVER_STS])
def test_an_empty_optional_text_counts_as_left_out(kind):
    """Empty is how many tools say: none."""
    optional = [name for name in OPTIONAL[kind] if isinstance(GOOD[name], str) and name != "security_token"]
    client = Client(config(kind, **dict.fromkeys(optional, "")))
    assert client.get_type() == kind


# The environment


@pytest.mark.parametrize(
    "kind", ["access_key", "sts", "bearer", "credentials_uri", "ram_role_arn", "oidc_role_arn"]
)
def test_the_environment_fills_what_is_missing(kind):
    """Every required parameter has a variable."""
    variables = {VARIABLES[name]: GOOD[name] for name in REQUIRED[kind]}
    settings = resolve(Config(type=kind), Environment(variables))
    assert settings.values == needed(kind)


def test_the_environment_fills_what_is_optional():
    """Role and mode of an instance may be said there."""
    variables = {"ALIBABA_CLOUD_ECS_METADATA": "EnvRole", "ALIBABA_CLOUD_IMDSV1_DISABLED": "TRUE"}
    settings = resolve(Config(type="ecs_ram_role"), Environment(variables))
    assert settings.values == {"role_name": "EnvRole", "disable_imds_v1": True}


def test_what_is_from_the_environment_is_known_by_its_variable():
    """An error at run time names what its author wrote."""
    variables = {"ALIBABA_CLOUD_ROLE_ARN": GOOD["role_arn"]}
    given = {name: GOOD[name] for name in ("oidc_provider_arn", "oidc_token_file_path")}
    settings = resolve(Config(type="oidc_role_arn", **given), Environment(variables))
    assert settings.label("role_arn") == "ALIBABA_CLOUD_ROLE_ARN"
    assert settings.label("oidc_token_file_path") == "oidc_token_file_path"


def test_what_is_given_wins_over_the_environment():
    """False is a value as well."""
    variables = {"ALIBABA_CLOUD_ECS_METADATA": "EnvRole", "ALIBABA_CLOUD_IMDSV1_DISABLED": "true"}
    given = Config(type="ecs_ram_role", role_name="MyRole", disable_imds_v1=False)
    assert resolve(given, Environment(variables)).values == {"role_name": "MyRole", "disable_imds_v1": False}


@pytest.mark.parametrize(
    ("text", "means"),
    [("true", True), ("True", True), (" TRUE ", True), ("false", False), ("1", False), ("yes", False)],
)
def test_a_switch_in_the_environment_says_true(text, means):
    """In any case; everything else is off, as in the other SDKs."""
    variables = {"ALIBABA_CLOUD_IMDSV1_DISABLED": text}
    assert resolve(Config(type="ecs_ram_role"), Environment(variables)).flag("disable_imds_v1") is means


def test_an_empty_variable_counts_as_one_that_is_not_set():
    """As in a shell's ${X:-}."""
    environment = Environment(dict.fromkeys(VARIABLES.values(), ""))
    assert resolve(Config(type="ecs_ram_role"), environment).values == {}
    assert "access_key_id" in refused(Config(type="access_key"), dict.fromkeys(VARIABLES.values(), ""))


@pytest.mark.parametrize("name", ["access_key_id", "access_key_secret", "security_token"])
@pytest.mark.parametrize("value", ["given", ""])
def test_a_key_comes_from_one_place(name, value):
    """If any of the three is given, even empty, none is taken from the environment."""
    variables = {VARIABLES[key]: GOOD[key] for key in REQUIRED["sts"]}
    message = refused(Config(type="sts", **{name: value}), variables)
    others = {"access_key_id", "access_key_secret", "security_token"} - {name}
    assert all(other in message for other in others)


def test_a_token_of_the_environment_is_not_added_to_a_key_that_is_given():
    """The token of another session would spoil it."""
    variables = {"ALIBABA_CLOUD_SECURITY_TOKEN": "other"}
    credential = Client(config("access_key")).get_credential()
    assert credential.security_token is None
    assert resolve(config("access_key"), Environment(variables)).values == needed("access_key")


def test_the_environment_is_read_when_a_client_is_built(monkeypatch):
    """Not when alicred is imported, and not later."""
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "one")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret")
    first = Client(Config(type="access_key"))
    chain = Client()
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "two")
    second = Client(Config(type="access_key"))
    assert first.get_credential().access_key_id == "one"
    assert chain.get_credential().access_key_id == "one"
    assert second.get_credential().access_key_id == "two"


def test_importing_alicred_reads_no_environment():
    """An environment that cannot be read does not matter until a client is built."""
    program = (
        "import os\n"
        "class Tripwire(dict):\n"
        "    def _trip(self, *a): raise SystemExit('read')\n"
        "    get = items = keys = __getitem__ = __iter__ = __contains__ = _trip\n"
        "import collections.abc, typing\n"
        "os.environ = Tripwire(); os.getenv = Tripwire()._trip\n"
        "import alicred, alicred.client, alicred.testing\n"
        "alicred.Config(type='access_key')\n"
        "print('quiet')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("quiet\n", "")


def test_variables_of_others_are_not_kept():
    """A snapshot holds what alicred may need, not the whole environment with its secrets."""
    assert Environment.of_process().text("PATH") is None
