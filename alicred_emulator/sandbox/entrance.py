"""The way into a sandbox, for this process and all that it starts.

The rule kept here: what the kernel would refuse later it is asked for at once, while something else can still
be done instead.
"""

from collections.abc import Sequence
from typing import Final

from alicred_emulator.sandbox import kernel, network, places

_PORT: Final = 80


def enter(addresses: Sequence[str]) -> None:
    """Enter a sandbox.

    Args:
        addresses: What addresses loopback has there.

    Raises:
        KernelRefusalError: The kernel will not.
    """
    kernel.separate()
    network.raise_loopback(addresses)
    network.bound(network.Endpoint(network.TCP, addresses[0], _PORT)).close()
    kernel.lay_over(str(places.HOSTS), str(places.HOSTS))
