"""Trust policies: who may assume a role, and under which conditions.

What is known of the language: statements that allow or deny, principals of RAM, of services and of identity
providers, and conditions that compare texts. A policy that says more is refused when it is set, and not
judged wrongly later.
"""

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final, cast

ASSUME_ROLE: Final = "sts:AssumeRole"

Context = Mapping[str, Collection[str]]
"""What is known of a request, by condition key such as ``sts:ExternalId``; a key may have several values."""


def _like(actual: str, pattern: str) -> bool:
    if "*" not in pattern and "?" not in pattern:
        return actual == pattern
    # Not fnmatch: brackets mean themselves here.
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, actual, re.DOTALL) is not None


_PRINCIPAL_KINDS: Final = ("RAM", "Service", "Federated")
_KEYS: Final = (
    "sts:ExternalId",
    # That it can be asked for is documented, the name is inferred.
    "sts:SourceIdentity",
    "oidc:iss",
    "oidc:aud",
    "oidc:sub",
    "saml:recipient",
)
"""What is known of a request: a condition on anything else would hold never, or always."""

_Comparison = Callable[[str, str], bool]
_COMPARISONS: Final[Mapping[str, _Comparison]] = {
    "StringEquals": lambda actual, wanted: actual == wanted,
    "StringEqualsIgnoreCase": lambda actual, wanted: actual.lower() == wanted.lower(),
    "StringLike": _like,
}
_NEGATIONS: Final = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
}


def trust_policy(
    *,
    ram: str | Sequence[str] = (),
    service: str | Sequence[str] = (),
    federated: str | Sequence[str] = (),
    conditions: Mapping[str, Mapping[str, str | Sequence[str]]] | None = None,
    effect: str = "Allow",
) -> dict[str, object]:
    """Write a trust policy of one statement.

    Source:
        https://www.alibabacloud.com/help/en/ram/user-guide/edit-the-trust-policy-of-a-ram-role

    Args:
        ram: ARNs of accounts' roots, users and roles.
        service: Services, such as ``ecs.aliyuncs.com``.
        federated: ARNs of OIDC and SAML providers.
        conditions: Operator to key to value or values, such as
            ``{"StringEquals": {"sts:ExternalId": "42"}}``.
        effect: ``Allow`` or ``Deny``.

    Returns:
        The document as RAM writes it: ``{"Statement": [...], "Version": "1"}``.

    Raises:
        ValueError: If a principal is neither a text nor a list of texts.
    """
    given = {"RAM": ram, "Service": service, "Federated": federated}
    statement: dict[str, object] = {
        "Action": ASSUME_ROLE,
        "Effect": effect,
        "Principal": {kind: _texts(kind, names) for kind, names in given.items() if names},
    }
    if conditions:
        statement["Condition"] = conditions
    return {"Statement": [statement], "Version": "1"}


def merged(*documents: Mapping[str, object]) -> dict[str, object]:
    """Return the trust policy that has the statements of all of these."""
    statements = [statement for document in documents for statement in cast("Any", document)["Statement"]]
    return {"Statement": statements, "Version": "1"}


class TrustPolicy:
    """A trust policy that can be asked.

    Args:
        document: The policy as RAM writes it, or as JSON text.

    Attributes:
        document: The policy as RAM writes it.

    Raises:
        ValueError: If it is no trust policy, or says something that this emulator cannot judge.
    """

    def __init__(self, document: Mapping[str, object] | str) -> None:
        parsed: Any = _parsed(document) if isinstance(document, str) else document
        self.document: Final = cast("Mapping[str, object]", parsed)
        statements: Any = _object("a trust policy", parsed).get("Statement")
        if self.document.get("Version") != "1" or not isinstance(statements, list) or not statements:
            raise ValueError('a trust policy has the Version "1" and a list called Statement')
        self._statements = [_Statement(statement) for statement in cast("Sequence[Any]", statements)]

    def allows(self, kind: str, names: Collection[str], context: Context) -> bool:
        """Tell whether somebody may assume the role.

        Args:
            kind: ``RAM``, ``Service`` or ``Federated``.
            names: The ARNs or names by which a principal of that kind may be meant.
            context: What is known of the request.

        Returns:
            Whether a statement allows it and none denies it.
        """
        effects = {one.effect for one in self._statements if one.concerns(kind, names, context)}
        return effects == {"Allow"}


class _Statement:
    """One statement of a trust policy."""

    def __init__(self, statement: Any) -> None:
        given = _object("a statement of a trust policy", statement)
        unknown = _listed(given.keys() - {"Effect", "Action", "Principal", "Condition"})
        if unknown:
            raise ValueError(f"a statement of a trust policy has no {unknown} that this emulator knows")
        self.effect: Final = given.get("Effect")
        if self.effect not in ("Allow", "Deny"):
            raise ValueError("a statement's Effect is Allow or Deny")
        actions = _texts("a statement's Action", given.get("Action"))
        self._is_about_roles = any(_like(ASSUME_ROLE, action) for action in actions)
        self._principals = _principals(given.get("Principal"))
        self._conditions = _conditions(given.get("Condition", {}))

    def concerns(self, kind: str, names: Collection[str], context: Context) -> bool:
        return (
            self._is_about_roles
            and any(name == "*" or name in names for name in self._principals.get(kind, ()))
            and all(condition(context) for condition in self._conditions)
        )


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"a trust policy is a JSON object; this text is no JSON: {error}") from None


def _listed(names: Iterable[Any]) -> str:
    return ", ".join(sorted(map(str, names)))


def _object(what: str, given: Any) -> Mapping[str, Any]:
    if isinstance(given, Mapping):
        return cast("Mapping[str, Any]", given)
    raise ValueError(f"{what} is an object, not {type(given).__name__}")


def _principals(given: Any) -> dict[str, list[str]]:
    principals = _object("a statement's Principal", given)
    unknown = _listed(principals.keys() - set(_PRINCIPAL_KINDS))
    if unknown or not principals:
        named = unknown or "nobody"
        raise ValueError(f"a statement's Principal names RAM, Service or Federated, not {named}")
    return {kind: _texts(f"the principal {kind}", names) for kind, names in principals.items()}


def _conditions(given: Any) -> list[Callable[[Context], bool]]:
    return [
        _condition(operator, key, _texts(f"the condition {key}", wanted))
        for operator, keys in _object("a statement's Condition", given).items()
        for key, wanted in _keys(operator, keys).items()
    ]


def _keys(operator: str, keys: Any) -> Mapping[str, Any]:
    if operator not in _COMPARISONS and operator not in _NEGATIONS:
        known = ", ".join([*_COMPARISONS, *_NEGATIONS])
        raise ValueError(f"this emulator does not know the condition operator {operator}; it knows {known}")
    wanted = _object(f"the condition {operator}", keys)
    unknown = _listed(wanted.keys() - set(_KEYS))
    if unknown:
        raise ValueError(
            f"this emulator does not know the condition key {unknown}; it knows {', '.join(_KEYS)}"
        )
    return wanted


def _condition(operator: str, key: str, wanted: list[str]) -> Callable[[Context], bool]:
    compare = _COMPARISONS[_NEGATIONS.get(operator, operator)]

    def holds(context: Context) -> bool:
        found = any(compare(actual, one) for actual in context.get(key, ()) for one in wanted)
        return found is not (operator in _NEGATIONS)

    return holds


def _texts(what: str, given: Any) -> list[str]:
    listed = list(cast("Sequence[object]", given)) if isinstance(given, list | tuple) else [given]
    texts = [one for one in listed if isinstance(one, str)]
    if not texts or len(texts) < len(listed):
        raise ValueError(f"{what} is a text or a list of texts, not {given!r}")
    return texts
