"""The table of what is looked at, in the order in which it is said."""

from functools import partial
from typing import Final

from alicred_emulator.doctor import machine, ports, settings
from alicred_emulator.doctor.findings import Probe, install
from alicred_emulator.serve import DEFAULT_PORT_BASE, PORT_COUNT

NAMESPACES: Final = "namespaces"

_NODE: Final = install("nodejs npm", "nodejs npm", "nodejs npm")
_GO: Final = install("golang-go", "golang", "go")
_JAVA: Final = install("default-jdk-headless maven", "java-latest-openjdk-devel maven", "openjdk17-jdk maven")
_CURL: Final = install("curl", "curl", "curl")

PROBES: Final = (
    Probe(name="packages", purpose="the emulator itself", look=machine.packages, needed=True),
    Probe(name="loopback", purpose="where the fakes listen", look=ports.loopback, needed=True),
    Probe(
        name="temporary files",
        purpose="whom to trust, and a pod's token",
        look=machine.temporary_files,
        needed=True,
    ),
    Probe(
        name=NAMESPACES,
        purpose="exec --isolation namespace, the strongest: any program, and no other network",
        look=machine.namespaces,
    ),
    Probe(name="files", purpose="what namespaces show others in the place of", look=machine.files),
    Probe(
        name="libfaketime",
        purpose="exec --clock controlled and --speed, alicred_child.follow_clock",
        look=machine.libfaketime,
    ),
    Probe(
        name="ports",
        purpose="where serve listens unless told otherwise",
        look=partial(ports.ports, range(DEFAULT_PORT_BASE, DEFAULT_PORT_BASE + PORT_COUNT)),
    ),
    Probe(name="authorities", purpose="variables that name files of authorities", look=settings.authorities),
    Probe(name="proxies", purpose="variables that name a proxy", look=settings.proxies),
    Probe(name="credentials", purpose="a key or a profile that may be real", look=settings.credentials),
    Probe(name="curl", purpose="scripts that ask the metadata", look=partial(machine.tool, "curl", _CURL)),
    Probe(name="Node.js", purpose="programs and tests in it", look=partial(machine.tool, "node", _NODE)),
    Probe(name="Go", purpose="programs and tests in it", look=partial(machine.tool, "go", _GO)),
    Probe(name="Java", purpose="programs and tests in it", look=partial(machine.tool, "java", _JAVA)),
)
