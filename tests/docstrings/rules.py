"""What a docstring of a public name must say; each rule yields what is missing, and where."""

import ast
import re
import runpy
from collections.abc import Iterator
from pathlib import Path

reading = runpy.run_path(str(Path(__file__).with_name("reading.py")))
raising, surface, Thing = reading["raising"], reading["surface"], reading["Thing"]
sections, items, told = reading["sections"], reading["items"], reading["told"]
is_class, around = reading["is_class"], reading["around"]

# What stands for something of Alibaba Cloud's: where it is documented, its docstring says.
STAND_FOR_A_SERVICE = (
    "alicred.models.Config",
    "alicred_emulator.cloud_sso.access_configurations.AccessConfiguration",
    "alicred_emulator.credential_services.CredentialsUriService",
    "alicred_emulator.credential_services.OidcService",
    "alicred_emulator.credential_services.StsService",
    "alicred_emulator.instance.Instance",
    "alicred_emulator.oidc.token_file.ProjectedToken",
    "alicred_emulator.ram.account.Ram",
    "alicred_emulator.ram.principal.Principal",
    "alicred_emulator.ram.providers.OidcProvider",
    "alicred_emulator.ram.providers.SamlProvider",
    "alicred_emulator.ram.roles.Role",
    "alicred_emulator.ram.trust.trust_policy",
    "alicred_emulator.saml.provider.SamlIdentityProvider",
    "alicred_emulator.services.Services.ecs_api",
    "alicred_emulator.services.Services.imds",
    "alicred_emulator.sign_in_services.CloudSsoService",
    "alicred_emulator.sign_in_services.OAuthService",
)
PUBLISHERS = ("www.alibabacloud.com/help/", "kubernetes.io/docs/", "openid.net/specs/")
CLAIM = re.compile(r"\((?:[^()]*\b)?(documented|likely|inferred)\b|as documented|\bmeasured\b")

SPAN = re.compile(r"(^|_)(seconds|lifetime|duration|timeout|interval|delay|took|overlap)(_|$)")
UNIT = re.compile(r"timedelta|(milli|micro)?seconds?\b|\b\d+ ?(s|min|hours?|minutes|days)\b", re.IGNORECASE)
AWARE = re.compile(r"\baware\b|UTC")
AWARE_ALL_ROUND = "Moments are aware datetimes in UTC"

TEXT = re.compile(
    r"ARN|URL|PEM|JSON|ISO 8601|`[^`]+`|"
    r"\b(id|name|digits|text|line|token|secret|type|word|key|host|path|code|certificate|method)s?\b"
)
SHAPED = re.compile(r"(dict|Mapping|Any|object|tuple\[(?!.*\.\.\.))")


def summary_rule(things) -> Iterator[str]:
    """A docstring begins with a sentence."""
    for thing in told(things):
        if thing.doc.partition("\n\n")[0][-1:] not in {".", ":"}:
            yield f"{thing.name}: needs a summary that is a sentence"


def parameter_rule(things) -> Iterator[str]:
    """Each parameter stands under Args, in order, unless it is the only one and the prose names it."""
    for thing, node, entries in reading["signatures"](things):
        names = [one.arg for one in surface["parameters"](node) if not one.arg.startswith("_")]
        if len(names) == 1 and not entries and names_it(sections(thing.doc)[""], names[0]):
            continue
        for name in names:
            if name not in entries:
                yield f"{thing.name}: describe the parameter {name}"
        arguments = list(items(ast.get_docstring(node) or thing.doc, "Args"))
        if set(names) <= set(entries) and arguments not in ([], names):
            yield f"{thing.name}: Args are not the parameters, in their order"


def names_it(prose: str, parameter: str) -> bool:
    """Tell whether a text has the noun that a parameter's name ends with."""
    noun = parameter.rpartition("_")[2].rstrip("s")
    return re.search(rf"\b{noun}", prose, re.IGNORECASE) is not None


def attribute_rule(things) -> Iterator[str]:
    """Each attribute is described, and what is described is there."""
    for thing, name, _, text in reading["attributes"](things):
        if not text:
            yield f"{thing.name}: describe the attribute {name}"
    for thing in filter(is_class, things):
        there = {name for name, *_ in surface["attributes"](thing)}
        there |= set(re.findall(r"self\.(\w+) = ", ast.unparse(thing.node)))
        for name in items(thing.doc, "Attributes"):
            # What a class above has, it may describe again.
            if name not in there and not thing.node.bases:
                yield f"{thing.name}: has no attribute {name}"


def shape_rule(things) -> Iterator[str]:
    """What is returned is said where the type leaves it open: which text, which keys, what of it is what."""
    for thing in told(things):
        if is_class(thing) or thing.node.returns is None or reading["is_fixture"](thing.node):
            continue
        returns, text = ast.unparse(thing.node.returns).strip("'\""), sections(thing.doc)
        if {"Returns", "Yields"} & text.keys():
            continue
        if returns in {"str", "str | None"} and not TEXT.search(text[""]):
            yield f"{thing.name}: say which text it is"
        if SHAPED.match(returns) and "``" not in text[""]:
            yield f"{thing.name}: say the shape of {returns}"


def unit_rule(things) -> Iterator[str]:
    """A span of time says its unit, and a moment that it is aware, in UTC; it may say so for its module."""
    for thing, name, kind, text in reading["quantities"](things):
        if re.search(r"\bdatetime\b", kind):
            if not AWARE.search(text) and AWARE_ALL_ROUND not in around(thing):
                yield f"{thing.name}: say of {name} that it is aware, in UTC"
        elif "timedelta" in kind or (SPAN.search(name) and re.search(r"\b(int|float)\b", kind)):
            yield from [] if UNIT.search(text) else [f"{thing.name}: say the unit of {name}"]


def raises_rule(things) -> Iterator[str]:
    """What can be raised stands under Raises, by its name or that of a kind of it."""
    for thing in told(things):
        own = [thing]
        if is_class(thing):
            own = list(filter(None, [reading["initializer"](thing)]))
        elif reading["is_property"](thing.node):
            own += reading["setters"](thing)
        documented = reading["raised_by_all_of"](thing).union(
            *(items(one.doc, "Raises") for one in (thing, *own))
        )
        for name, module in sorted(set().union(*map(raising["raised"], own))):
            if not raising["bases"](name, module) & documented:
                yield f"{thing.name}: Raises needs {name}"


def source_rule(things) -> Iterator[str]:
    """Who says that something is documented, likely or measured says where, there or around it."""
    for thing in told(things):
        source = sections(thing.doc).get("Source", "")
        if CLAIM.search(thing.doc) and "Source:" not in around(thing):
            yield f"{thing.name}: says what is documented, without a Source"
        if thing.name in STAND_FOR_A_SERVICE and "https://" not in source:
            yield f"{thing.name}: stands for a service without a Source"
        for address in re.findall(r"https://(\S+)", source):
            if not address.startswith(PUBLISHERS):
                yield f"{thing.name}: {address} is no page of whoever makes the rules"
