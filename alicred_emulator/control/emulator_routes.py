"""The emulator as a whole: where it is, who one can be, and how to begin again."""

from typing import Any, Final

from alicred_emulator.control.call import Call
from alicred_emulator.control.route import Route
from alicred_emulator.control.schemas import COUNT, FLAG, TEXT, Schema, mapped, record, said, whole, word
from alicred_emulator.identities import IDENTITIES
from alicred_emulator.service import Service

_VARIABLES: Final = mapped(TEXT)
_SERVICE: Final = whole(
    "Service",
    {
        "name": TEXT,
        "url": said(TEXT, "Where it is reached in the clear."),
        "tls_url": said(TEXT, "Where it is reached over TLS: on the same port."),
        "host": said(TEXT, "The address that it listens on."),
        "port": COUNT,
        "running": FLAG,
    },
)
_OVERVIEW: Final = whole(
    "Emulator",
    {
        "account_id": said(TEXT, "The 16 digits of the default account."),
        "user": said(TEXT, "The name of the default user."),
        "role": said(TEXT, "The name of the default role."),
        "saml_provider_arn": TEXT,
        "ca_certificate": said(TEXT, "The certificate of the fakes' authority, in PEM."),
        "ca_bundle": said(TEXT, "A file with the public authorities and that of the fakes."),
        "services": mapped(_SERVICE),
    },
)


def _health(_call: Call) -> object:
    return {"status": "ok"}


def _overview(call: Call) -> object:
    emulator = call.emulator
    return {
        "account_id": emulator.account_id,
        "user": emulator.user.name,
        "role": emulator.role.name,
        "saml_provider_arn": emulator.saml_provider_arn,
        "ca_certificate": emulator.ca_certificate,
        "ca_bundle": str(emulator.ca_bundle),
        "services": {name: _shown(service) for name, service in emulator.services.items()},
    }


def _shown(service: Service) -> dict[str, Any]:
    return {
        "name": service.name,
        "url": service.url,
        "tls_url": service.tls_url,
        "host": service.host,
        "port": service.port,
        "running": service.is_running(),
    }


def _service_called(call: Call) -> Service:
    name, services = call.places["service"], call.emulator.services
    if name not in services:
        raise LookupError(f"no service is called {name!r}; known: {', '.join(services)}")
    return services[name]


def _switch(call: Call) -> object:
    service = _service_called(call)
    # On the port of before, which clients were told.
    (service.resume if call.body["running"] else service.stop)()
    return _shown(service)


def _environment(call: Call) -> object:
    return call.emulator.env(call.query.get("identity", "ecs"))


def _identities(call: Call) -> object:
    return {identity: call.emulator.env(identity) for identity in IDENTITIES}


def _reset(call: Call) -> None:
    call.emulator.reset()


def _reanchor(call: Call) -> None:
    call.emulator.reanchor_if_unshown()


_IDENTITY: Final[Schema] = said(word(*IDENTITIES), "Who the program is to be; ecs by default.")

ROUTES: Final = (
    Route(
        method="GET",
        path="/healthz",
        operation="health",
        summary="Tell that it answers.",
        handle=_health,
        answer=whole("Health", {"status": word("ok")}),
    ),
    Route(
        method="GET",
        path="/emulator",
        operation="emulator",
        summary="Tell what there is: the default account, and where its services are.",
        handle=_overview,
        answer=_OVERVIEW,
    ),
    Route(
        method="GET",
        path="/env",
        operation="environment",
        summary="Tell the variables that a program needs. Those of a user hold its fake secret.",
        handle=_environment,
        query={"identity": _IDENTITY},
        answer=_VARIABLES,
    ),
    Route(
        method="GET",
        path="/identities",
        operation="identities",
        summary="Tell the variables of every identity.",
        handle=_identities,
        answer=mapped(_VARIABLES),
    ),
    Route(
        method="POST",
        path="/reset",
        operation="reset",
        summary="Make everything as it was at the start: the world, the clock, the journal, no faults.",
        handle=_reset,
        body=record({}),
        examples={"all": {}},
    ),
    Route(
        method="POST",
        path="/reanchor",
        operation="reanchor",
        summary="Let the credentials that nobody was shown yet have been issued now.",
        handle=_reanchor,
        body=record({}),
        examples={"all": {}},
    ),
    Route(
        method="GET",
        path="/services/{service}",
        operation="service",
        summary="Tell where a service is, and whether it listens.",
        handle=lambda call: _shown(_service_called(call)),
        answer=_SERVICE,
    ),
    Route(
        method="PATCH",
        path="/services/{service}",
        operation="switch_service",
        summary="Stop a service, so that its port is closed, or have it listen there again.",
        handle=_switch,
        answer=_SERVICE,
        body=record({"running": FLAG}, required=["running"]),
        examples={"stop": {"running": False}, "resume": {"running": True}},
    ),
)
