"""The examples put the emulator beside an application, and give neither of them more than it needs."""

import json
from importlib.metadata import distribution

import pytest
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for

from alicred_emulator import serve
from alicred_emulator.cli import command

# Read from where they are: the tool itself is loaded by nobody.
SCHEMAS = distribution("check-jsonschema")
HARDENED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}


def test_compose_yaml_is_of_the_published_form(compose):
    """The schema is that of the Compose specification."""
    vendored = SCHEMAS.locate_file("check_jsonschema/builtin_schemas/vendor/compose-spec.json")
    schema = json.loads(vendored.read_text(encoding="utf-8"))
    assert list(validator_for(schema, Draft202012Validator)(schema).iter_errors(compose)) == []


def test_the_command_takes_the_arguments(emulators):
    """Each example serves, with options that there are."""
    for emulator in emulators:
        name, *options = emulator.arguments
        assert command.commands[name].make_context(name, options).params["host"] == "127.0.0.1"


def test_the_application_is_told_where_the_services_are(applications, alicred_emulator):
    """The variables are those that the emulator itself names, at the ports that it takes by default."""
    offsets = {alicred_emulator.services[name].url: offset for name, offset in serve._PORT_OFFSETS.items()}
    base, variables = serve.DEFAULT_PORT_BASE, alicred_emulator.env()
    expected = {name: f"http://127.0.0.1:{base + offsets[url]}" for name, url in variables.items()}
    expected["ALICRED_EMULATOR_CONTROL"] = f"http://127.0.0.1:{base + serve._CONTROL_OFFSET}"
    assert [application.variables for application in applications] == [expected, expected]


def test_what_the_emulator_writes_the_application_reads(emulators, applications):
    """Temporary files and the ready file are in the one folder that both have, at the same path."""
    for emulator, application in zip(emulators, applications, strict=True):
        folder = emulator.variables["TMPDIR"]
        assert emulator.arguments[-1].startswith(f"{folder}/")
        assert emulator.volumes == {folder: True}
        assert application.volumes == {folder: False}


def test_loopback_stays_loopback(compose):
    """The application has the emulator's network, and nobody outside reaches a port of it."""
    services = compose["services"]
    assert services["application"]["network_mode"] == "service:emulator"
    assert services["application"]["depends_on"]["emulator"] == {"condition": "service_healthy"}
    assert not any(key in service for service in services.values() for key in ("ports", "expose"))


def test_the_services_of_compose_have_no_rights(compose):
    """All files are read-only, no capability is kept, and none is gained."""
    for service in compose["services"].values():
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert not {"privileged", "cap_add", "user"} & service.keys()


def test_the_pod_meets_the_restricted_standard(pod):
    """It is what a namespace with the strictest of the Pod Security Standards admits."""
    spec = pod["spec"]
    assert spec["securityContext"]["runAsNonRoot"]
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
    assert not spec["automountServiceAccountToken"]
    for container in [*spec["initContainers"], *spec["containers"]]:
        assert container["securityContext"] == HARDENED
    assert {next(iter(volume.keys() - {"name"})) for volume in spec["volumes"]} == {"emptyDir"}


def test_the_pod_runs_as_the_image_does(pod, image):
    """One number in two files."""
    context = pod["spec"]["securityContext"]
    assert f"{context['runAsUser']}:{context['runAsGroup']}" == image.last("USER")


def test_the_emulator_is_a_sidecar_that_is_asked_what_the_image_asks(pod, image):
    """It starts first, runs on beside the application, and its probes are the image's health check."""
    [emulator] = pod["spec"]["initContainers"]
    assert emulator["restartPolicy"] == "Always"
    for probe in ("startupProbe", "readinessProbe"):
        assert emulator[probe]["exec"]["command"] == image.health_check


@pytest.mark.parametrize("name", ["compose", "pod"])
def test_the_image_is_never_somebody_else_s(name, request):
    """No registry is named: the image is the one that its reader has made."""
    text = json.dumps(request.getfixturevalue(name))
    assert text.count('"image": "alicred-emulator"') == 2
    assert text.count('"image":') == 2
