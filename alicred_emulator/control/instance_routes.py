"""The ECS instance: its switches, its role, its data."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from alicred_emulator.control.call import Call
from alicred_emulator.control.route import Route
from alicred_emulator.control.schemas import (
    ANY_OBJECT,
    MOMENT,
    TEXT,
    either,
    listed,
    mapped,
    nullable,
    said,
    whole,
    word,
)
from alicred_emulator.control.settings import (
    CONTENT_SETTING,
    FLAG_SETTING,
    SPAN_SETTING,
    Kind,
    Setting,
)
from alicred_emulator.instance import SWITCH, TOKEN_MODES, Instance

_VALUE: Final = either(TEXT, listed(TEXT))
_METADATA: Final = said(
    mapped(nullable(_VALUE)), "Path to value. What is sent is merged; null takes an item out."
)
_TAGS: Final = said(mapped(nullable(TEXT)), "What is sent is merged; null takes a tag out.")
_ROLE: Final = Setting(
    said(nullable(TEXT), "The name of the attached role; null detaches it."),
    lambda role: None if role is None else role.name,
)

INSTANCE: Final = Kind(
    "Instance",
    {},
    {
        "role": _ROLE,
        "http_tokens": Setting(said(word(*TOKEN_MODES), "Whether requests need a token.")),
        "http_endpoint": Setting(said(word(*SWITCH), "Whether metadata are served at all.")),
        "imds_v2_supported": FLAG_SETTING.but("Whether the service knows tokens at all."),
        "instance_metadata_tags": Setting(said(word(*SWITCH), "Whether the tags are shown.")),
        "credential_lifetime": SPAN_SETTING.but("Seconds. Setting it starts a new credential."),
        "rotation_overlap": SPAN_SETTING.but("Seconds. Setting it starts a new credential."),
        "metadata": Setting(_METADATA, dict),
        "tags": Setting(_TAGS, dict),
        "user_data": CONTENT_SETTING.or_null(),
        "vendor_data": CONTENT_SETTING.or_null(),
        "system_events": Setting(listed(ANY_OBJECT), lambda events: [dict(event) for event in events]),
    },
)


def _merge(items: Any, changes: Mapping[str, Any]) -> None:
    for name, value in changes.items():
        if value is None:
            items.pop(name, None)
        else:
            items[name] = value


_IN_THEIR_OWN_WAY: Final[Mapping[str, Callable[[Instance, Any], None]]] = {
    "metadata": lambda instance, changes: _merge(instance.metadata, changes),
    "tags": lambda instance, changes: _merge(instance.tags, changes),
    "spot_termination": lambda instance, moment: instance.schedule_spot_termination(moment),
}
"""What is changed otherwise than by being set."""

_CHANGES: Final = {
    **INSTANCE.changes,
    "properties": {
        **INSTANCE.changes["properties"],
        "spot_termination": said(nullable(MOMENT), "When the instance is reclaimed; null calls it off."),
    },
}


def _change(call: Call) -> object:
    instance = call.emulator.instance
    for name, value in call.body.items():
        if name in _IN_THEIR_OWN_WAY:
            _IN_THEIR_OWN_WAY[name](instance, value)
        else:
            INSTANCE.change(instance, {name: value})
    return INSTANCE.show(instance)


ROUTES: Final = (
    INSTANCE.read_route("/instance", "instance", "Read the instance.", lambda call: call.emulator.instance),
    Route(
        method="PATCH",
        path="/instance",
        operation="change_instance",
        summary="Change the instance, key by key in the order sent; what precedes a refused value stays.",
        handle=_change,
        answer=INSTANCE.schema,
        body=_CHANGES,
        examples={
            "detach": {"role": None},
            "attach": {"role": "demo-role"},
            "harden": {"http_tokens": "required"},
            "short": {"credential_lifetime": 900, "rotation_overlap": 60},
            "data": {"user_data": "#!/bin/sh", "metadata": {"hostname": "web-1", "eipv4": None}},
            "spot": {"spot_termination": "2030-01-02T03:04:05Z"},
        },
    ),
    Route(
        method="GET",
        path="/instance/identity-certificate",
        operation="identity_certificate",
        summary="Read the certificate that verifies the signature of the identity document.",
        handle=lambda call: {"pem": call.emulator.instance.identity_certificate},
        answer=whole("Certificate", {"pem": TEXT}),
    ),
)
