"""Imports point one way, and only the modules that are meant to read time and environment do."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# From the ground up. A module imports from lower floors, and from its own only what stands before it.
ALICRED = (
    ("exceptions", "clock", "environment", "loading", "log", "jitter", "values", "models", "moments"),
    ("events", "notices"),
    ("refresh", "forms", "endpoints", "checks", "settings", "parameters", "parts", "proxies", "flight"),
    ("held", "outage"),
    ("profiles", "profile_files", "config_json", "credentials_ini", "modes", "recipes"),
    ("answers", "signing", "sts", "files", "rsa", "file_lock", "write_back", "programs"),
    ("transport", "deadline", "dialing", "asking", "plain", "connections", "conversation", "http"),
    ("providers", "providers.base", "providers.terms", "providers.service", "providers.document"),
    ("providers.sts_remedies", "providers.sts_service"),
    ("providers.static", "providers.ecs_ram_role", "providers.credentials_uri", "providers.chain"),
    ("providers.ram_role_arn", "providers.oidc_role_arn", "providers.rsa_key_pair"),
    ("providers.sign_in", "providers.cloud_sso", "providers.external"),
    ("providers.oauth_tokens", "providers.oauth_site", "providers.oauth"),
    ("herald", "background", "session"),
    ("providers.absence", "providers.profile_file", "providers.credentials_profile", "providers.cli_profile"),
    ("providers.registry",),
    ("shared", "status", "client"),
    ("adapters", "adapters.aliyun_python_sdk_core"),
    ("commands", "commands.errors", "commands.spans", "commands.hearing", "commands.caller"),
    ("commands.trace", "commands.report"),
    ("commands.page", "commands.explain", "commands.exec", "commands.process"),
    ("commands.gate", "commands.uri_document", "commands.uri_server", "commands.serve"),
    ("testing", ""),
    ("cli", "__main__"),
)
# Loaded by name, where an import statement cannot be seen.
LOADED_BY_NAME = {
    ("providers.registry", "providers.static"),
    ("providers.registry", "providers.ecs_ram_role"),
    ("providers.registry", "providers.credentials_uri"),
    ("providers.registry", "providers.ram_role_arn"),
    ("providers.registry", "providers.oidc_role_arn"),
    ("providers.registry", "providers.rsa_key_pair"),
    ("providers.cli_profile", "providers.cloud_sso"),
    ("providers.cli_profile", "providers.oauth"),
    ("providers.cli_profile", "providers.external"),
}
EMULATOR = (
    (
        "watchers",
        "durations",
        "clock",
        "environment",
        "patching",
        "hosts",
        "keys",
        "rsa_keys",
        "self_signed",
        "messages",
        "parameters",
        "pages",
        "shipped",
        "extra",
        "presence",
        "file_modes",
        "interpreter",
        "forking",
        "faketime",
        "child_clock",
        "alarm",
    ),
    ("sandbox", "sandbox.kernel", "sandbox.network", "sandbox.places", "sandbox.refusals"),
    ("sandbox.entrance",),
    ("sandbox.trial",),
    ("sandbox.socket_loop", "sandbox.resolver", "sandbox.trust_store"),
    ("gateway", "gateway.refusals", "gateway.leniency", "gateway.nonces"),
    ("gateway.proof", "gateway.signatures"),
    ("journal", "fault_effects", "fault_checks", "faults", "replaced", "remembered"),
    ("ram", "ram.names", "ram.principal", "ram.access_keys", "ram.users", "ram.trust", "ram.policies"),
    ("ram.roles", "ram.providers", "ram.account", "ram.accounts"),
    ("oidc", "oidc.signing_keys", "oidc.service_account", "oidc.projected_volume", "oidc.token_file"),
    ("oidc.tokens", "oidc.issuer", "oidc.service"),
    ("saml", "saml.names", "saml.elements", "saml.documents", "saml.signatures", "saml.assertion"),
    ("saml.certificates", "saml.response", "saml.provider"),
    ("ledger", "rotation", "metadata", "identity", "imds_tokens", "instance", "uri_endpoint"),
    ("sign_in", "sign_in.tokens", "sign_in.proof_key", "sign_in.refusals"),
    ("oauth", "oauth.sites", "oauth.sign_ins"),
    ("cloud_sso", "cloud_sso.access_configurations", "cloud_sso.directory"),
    ("authority", "ca_bundle", "world"),
    ("imds_decisions", "imds_tree", "imds", "credentials_uri"),
    ("gateway.call", "gateway.checks", "gateway.verification", "gateway.rendering", "gateway.api", "ecs_api"),
    ("fault_conditions", "fault_rule", "outages", "faults_in_force", "fault_board"),
    ("fault_kinds", "fault_forms"),
    ("sts", "sts.issuer_keys", "sts.call", "sts.parameter_checks", "sts.federation_checks"),
    ("sts.permission_checks", "sts.actions", "sts.service"),
    ("sign_in.call", "sign_in.checks", "sign_in.desk"),
    ("cloud_sso.call", "cloud_sso.checks", "cloud_sso.service"),
    ("oauth.call", "oauth.checks", "oauth.service"),
    ("http_reader", "client_hello", "tls", "connection", "transmission", "crew", "listener", "overlay"),
    ("server", "local_server"),
    ("proxy", "proxy.destinations", "proxy.relay", "proxy.server"),
    ("service", "sign_in_services", "credential_services", "services", "identities", "emulator", "one_test"),
    ("control", "control.schemas", "control.call", "control.checking", "control.callers", "control.route"),
    ("control.settings", "control.emulator_routes", "control.clock_routes", "control.fault_routes"),
    ("control.record_routes", "control.instance_routes", "control.holder_routes", "control.account_routes"),
    ("control.service_routes", "control.sign_in_routes", "control.openapi", "control.table"),
    ("control.server",),
    ("remote.wire", "remote.resource", "remote.clock", "remote.faults", "remote.records", "remote.keys"),
    ("remote.providers", "remote.ram", "remote.instance", "remote.services", "remote.sign_in", "remote.saml"),
    ("remote.emulator", "remote"),
    ("scenarios.lines", "scenarios.values", "scenarios.tables"),
    ("scenarios.stage", "scenarios.world", "scenarios.changes", "scenarios.rehearsal"),
    ("scenarios.subject", "scenarios.asks"),
    ("scenarios.story", "scenarios.client_keys", "scenarios.cases", "scenarios.names", "scenarios.reader"),
    ("scenarios.timeline", "scenarios.playback", "scenarios.gate", "scenarios.allowances"),
    ("scenarios.judge", "scenarios.outcome"),
    ("scenarios.runner", "scenarios.parametrise", "scenarios"),
    ("frozen_time", "freeze", "routes", "redirect", "trust", "sdk_state", "sdk_schedulers", "sdk_sessions"),
    ("subjects", "subjects.crowds", "subjects.forked", "subjects.alicred"),
    ("subjects.program", "subjects.command", "subjects.sdk"),
    ("subjects.sdk_client", "subjects.sdk_readers", "subjects.sdk_worker"),
    ("conformance", "conformance.candidates", "conformance.results", "conformance.wording"),
    ("conformance.documents", "conformance.markdown", "conformance.svg", "conformance.telling"),
    ("conformance.command",),
    ("launch", "launch.errors", "launch.program", "launch.report", "launch.folder", "launch.channel"),
    ("launch.fakes", "launch.without_keeper"),
    ("launch.keeping", "launch.keeping.orders", "launch.keeping.orphans", "launch.keeping.signals"),
    ("launch.keeping.ear", "launch.keeping.becoming", "launch.keeping.keeper", "launch.keeping.kept"),
    ("launch.keeping.passing_on",),
    ("launch.isolation", "launch.isolation.setting", "launch.isolation.certificates"),
    ("launch.isolation.overlays", "launch.isolation.forwarding", "launch.isolation.namespace"),
    ("launch.isolation.by_proxy", "launch.isolation.by_variables", "launch.isolation.table"),
    ("launch.attaching", "launch.attaching.attached", "launch.attaching.reception"),
    ("launch.attaching.hosting", "child"),
    ("launch.companions", "launch.companions.companion", "launch.companions.linkage"),
    ("launch.companions.program_clock", "launch.companions.scenario", "launch.companions.choosing"),
    ("launch.command",),
    ("demo", "serve", "doctor", "doctor.findings", "doctor.machine", "doctor.ports", "doctor.settings"),
    ("doctor.probes", "doctor.command"),
    ("cli", "health", "__main__", "plugin", ""),
)
FLOORS = {"alicred": ALICRED, "alicred_emulator": EMULATOR}

TIME = {
    ("time", "time"), ("time", "time_ns"), ("time", "monotonic"), ("time", "monotonic_ns"), ("time", "sleep"),
    ("time", "perf_counter"), ("time", "localtime"), ("time", "gmtime"), ("datetime", "now"),
    ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"),
}  # fmt: skip
ENVIRONMENT = {("os", "environ"), ("os", "environb"), ("os", "getenv"), ("os", "putenv"), ("os", "unsetenv")}

# Who may besides clock.py and environment.py, and why.
EXCEPTIONS = {
    ("alicred/testing.py", "time"): "puts the real function back, and does not call it",
}

MAY_IMPORT_ALICRED = {"plugin": {"alicred.testing", "alicred"}, "subjects.alicred": None}


@cache
def modules(package: str) -> dict[str, ast.Module]:
    """Return the syntax trees of a package's modules by their names within it."""
    found = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT / package).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text(encoding="utf-8"), str(path))
    return found


def imported(tree: ast.Module, module: str, package: str) -> Iterator[str]:
    """Yield the full names of what a module imports, anywhere in it, lazily or for type checkers too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{package}.{module}: write imports in full"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name: str, package: str, known: dict[str, ast.Module]) -> str | None:
    """Return which module of a package a full name lies in, None for what is not the package's."""
    if name != package and not name.startswith(f"{package}."):
        return None
    inner = name.removeprefix(package).removeprefix(".")
    while inner and inner not in known:
        inner = inner.rpartition(".")[0]
    return inner


@pytest.mark.parametrize("package", FLOORS)
def test_every_module_has_its_place_in_the_house(package):
    """A new module is put on a floor before it is written; one that is gone leaves the table."""
    places = [name for floor in FLOORS[package] for name in floor]
    assert sorted(places) == sorted(modules(package))


@pytest.mark.parametrize("package", FLOORS)
def test_imports_point_downwards(package):
    """No module imports from above itself, not even lazily, so the house can be read from the ground up."""
    order = [name for floor in FLOORS[package] for name in floor]
    known = modules(package)
    upward = []
    for module, tree in known.items():
        for name in imported(tree, module, package):
            below = within(name, package, known)
            if below is not None and order.index(below) >= order.index(module):
                upward.append(f"{module or package} imports {name}")
    assert upward == []


def test_what_is_loaded_by_name_lies_below_as_well():
    """The registry's table names modules that an import statement would be allowed to name."""
    from alicred import modes
    from alicred.providers import registry

    order = [name for floor in ALICRED for name in floor]
    named = {("providers.registry", home.removeprefix("alicred.")) for home in registry.PROVIDERS.values()}
    named |= {("providers.cli_profile", home.removeprefix("alicred.")) for home in modes.SIGN_INS.values()}
    assert named == LOADED_BY_NAME
    assert all(order.index(below) < order.index(above) for above, below in named)


def readings(tree: ast.Module) -> Iterator[str]:
    """Yield which readers of time and environment a module uses: 'time', 'environment'."""
    real = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            real |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            real |= {alias.asname or alias.name: alias.name for alias in node.names}
            for alias in node.names:
                if (node.module, alias.name) in TIME:
                    yield "time"
                if (node.module, alias.name) in ENVIRONMENT:
                    yield "environment"
        elif isinstance(node, ast.Attribute):
            owner = node.value
            name = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")
            used = (real.get(name, name), node.attr)
            if used in TIME and not is_our_clock(tree, name):
                yield "time"
            if used in ENVIRONMENT:
                yield "environment"


def is_our_clock(tree: ast.Module, name: str) -> bool:
    """Return whether a name stands for a clock that was handed in, and not for the module `time`."""
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
    stands_for_module = any(
        (a.asname or a.name) == name and a.name == "time" for n in imports for a in n.names
    )
    return name == "time" and not stands_for_module


@pytest.mark.parametrize("package", ["alicred", "alicred_emulator"])
@pytest.mark.parametrize(("what", "reader"), [("time", "clock"), ("environment", "environment")])
def test_time_and_environment_are_read_in_one_place(package, what, reader):
    """One stray read of the real time would not move with a test's clock."""
    readers = {name for name, tree in modules(package).items() if what in set(readings(tree))}
    allowed = {path for path, kind in EXCEPTIONS if kind == what}
    strays = {name for name in readers if f"{package}/{name.replace('.', '/')}.py" not in allowed}
    assert strays <= {reader}


def test_the_two_packages_do_not_know_each_other():
    """One mistake cannot hide the other: each implements the protocol by itself."""
    for name, tree in modules("alicred").items():
        theirs = [i for i in imported(tree, name, "alicred") if i.partition(".")[0] == "alicred_emulator"]
        assert theirs == [], name
    for name, tree in modules("alicred_emulator").items():
        ours = {i for i in imported(tree, name, "alicred_emulator") if i.partition(".")[0] == "alicred"}
        allowed = MAY_IMPORT_ALICRED.get(name, set())
        strays = {
            i
            for i in ours
            if allowed is not None and not any(i == a or i.startswith(f"{a}.") for a in allowed)
        }
        assert strays == set(), name


def test_the_emulators_services_know_nothing_of_sockets():
    """A service turns a request into a reply; how it travels is decided below and above it."""
    network = {"socket", "ssl", "selectors", "http.client", "socketserver"}
    users = {
        name
        for name, tree in modules("alicred_emulator").items()
        if any(
            i in network or i.partition(".")[0] in network for i in imported(tree, name, "alicred_emulator")
        )
    }
    # A certificate is made into what a server speaks TLS with; a client is given others to trust.
    about_tls = {"authority", "tls", "trust", "sandbox.trust_store"}
    # Sockets are made inside, handed out, and served by a fake or passed on.
    of_the_sandbox = {"sandbox.network", "sandbox.socket_loop", "sandbox.resolver"}
    of_the_sandbox |= {"launch.channel", "launch.keeping.keeper", "launch.keeping.kept"}
    of_the_sandbox |= {"launch.isolation.forwarding", "launch.fakes"}
    of_the_sandbox |= {"launch.attaching.attached", "launch.attaching.reception"}
    of_the_sandbox |= {"doctor.ports"}
    plain = {"connection", "listener", "redirect", "routes", "serve", "server", "proxy.relay"}
    assert users == plain | about_tls | of_the_sandbox


def test_sockets_are_opened_in_the_transport_alone():
    """Providers, session and client are handed a transport, so that they are tested without I/O."""
    network = {"socket", "requests", "urllib3", "ssl", "http.client", "urllib.request"}
    users = {
        name
        for name, tree in modules("alicred").items()
        if any(i in network or i.partition(".")[0] in network for i in imported(tree, name, "alicred"))
    }
    # The command that is a service itself.
    serving = {"commands.uri_server", "commands.serve"}
    assert users == {"connections", "dialing", "plain"} | serving
