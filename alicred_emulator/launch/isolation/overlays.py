"""The files that a program in a namespace finds in the places of the machine's."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from alicred_emulator import environment
from alicred_emulator.file_modes import FOR_ALL_TO_READ
from alicred_emulator.hosts import EMULATED_HOSTS, METADATA_ADDRESS, service_of
from alicred_emulator.launch.fakes import Fakes
from alicred_emulator.launch.isolation import certificates
from alicred_emulator.presence import is_there
from alicred_emulator.sandbox import places

Overlay = tuple[Path, Path]
"""A file or folder, and the place where it is to be seen."""


def overlays(fakes: Fakes, folder: Path, addresses: Mapping[str, str], name_server: str) -> list[Overlay]:
    """Write the files.

    Args:
        fakes: The fakes.
        folder: Where they are put.
        addresses: Service to the address at which it is met.
        name_server: Who answers for names that no file can list.

    Returns:
        Each file and its place.
    """
    texts = {
        places.HOSTS: places.hosts_text(_text(places.HOSTS), _names(fakes, addresses)),
        places.NAME_SERVERS: places.name_servers_text(name_server),
    }
    if is_there(places.NAME_SERVICES):
        texts[places.NAME_SERVICES] = places.name_services_text(_text(places.NAME_SERVICES))
    texts.update(dict.fromkeys(places.existing(places.NAME_CACHES), ""))
    laid = [(folder / f"over-{number}", place) for number, place in enumerate(texts)]
    for file, place in laid:
        file.write_text(texts[place], encoding="utf-8", errors="surrogateescape")
        file.chmod(FOR_ALL_TO_READ)
    return [*laid, *_trust(fakes, folder), *_no_profiles(folder)]


def _names(fakes: Fakes, addresses: Mapping[str, str]) -> dict[str, str]:
    # A file of hosts knows no patterns; the instance's own region is there for whoever reads nothing else.
    names = [host.replace("*", fakes.region) for host in EMULATED_HOSTS if host != METADATA_ADDRESS]
    return {name: addresses[str(service_of(name))] for name in names}


def _trust(fakes: Fakes, folder: Path) -> Iterator[Overlay]:
    for number, place in enumerate(places.existing(places.AUTHORITIES)):
        yield certificates.extended(place, fakes, folder, f"bundle-{number}.pem"), place
    stores = places.java_authorities(certificates.java_homes())
    if stores:
        store = certificates.write_java_store(folder / "cacerts", fakes)
        yield from ((store, place) for place in stores)


def _no_profiles(folder: Path) -> Iterator[Overlay]:
    # A profile comes before the instance in every default chain, and its keys are real ones.
    for number, place in enumerate(places.profile_folders(environment.said("HOME"))):
        empty = folder / f"profiles-{number}"
        empty.mkdir(mode=0o700)
        yield empty, place


def _text(place: Path) -> str:
    return place.read_text(encoding="utf-8", errors="surrogateescape")
