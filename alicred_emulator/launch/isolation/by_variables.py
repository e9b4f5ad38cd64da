"""Isolation by the environment alone, which is none: the program has to read where the fakes are."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from alicred_emulator.launch.isolation.setting import Prepared, Setting

if TYPE_CHECKING:
    from alicred_emulator.launch.keeping.kept import Kept


class ByVariables:
    """The isolation. The variables of the endpoints are in every program's environment anyway."""

    @staticmethod
    def enter(keeper: "Kept | None") -> None:
        """There is nothing to enter; it works everywhere."""

    @staticmethod
    @contextmanager
    def prepared(setting: Setting) -> Generator[Prepared, None, None]:  # noqa: ARG004 - others need it
        """There is nothing to do besides."""
        yield Prepared(says="ALIBABA_CLOUD_* variables say where the fakes are; nothing is cut off")
