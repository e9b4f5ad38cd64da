"""Fakes of Alibaba Cloud's credential services, and the pytest plugin that puts tests among them.

This module is the plugin's name. pytest imports it in every session of everyone who installed alicred,
so it imports nothing but the standard library and pytest, and loads what it exports when it is asked for.

PYTEST_DONT_REWRITE: there is no assert in this file, and without this word pytest would warn when a
conftest imports the package before it names it as a plugin.
"""

import importlib
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alicred_emulator.child import ChildPlace
    from alicred_emulator.clock import EmulatorClock
    from alicred_emulator.credential_services import CredentialsUriService, OidcService, StsService
    from alicred_emulator.emulator import Emulator
    from alicred_emulator.fault_rule import FaultHandle
    from alicred_emulator.faults import Fault
    from alicred_emulator.instance import Instance
    from alicred_emulator.journal import Entry, Journal
    from alicred_emulator.ledger import IssuedCredential, Ledger
    from alicred_emulator.ram.account import Ram
    from alicred_emulator.ram.roles import Role
    from alicred_emulator.ram.trust import trust_policy
    from alicred_emulator.ram.users import User
    from alicred_emulator.service import Service
    from alicred_emulator.sign_in_services import CloudSsoService, OAuthService

__all__ = [
    "ChildPlace",
    "CloudSsoService",
    "CredentialsUriService",
    "Emulator",
    "EmulatorClock",
    "Entry",
    "Fault",
    "FaultHandle",
    "Instance",
    "IssuedCredential",
    "Journal",
    "Ledger",
    "OAuthService",
    "OidcService",
    "Ram",
    "Role",
    "Service",
    "StsService",
    "User",
    "trust_policy",
]

pytest_plugins: tuple[str, ...] = ("alicred_emulator.plugin",)

# Not in __dir__: pytest looks at every name in dir() of a plugin, and would load them all.
_HOMES = {
    "ChildPlace": "alicred_emulator.child",
    "CloudSsoService": "alicred_emulator.sign_in_services",
    "CredentialsUriService": "alicred_emulator.credential_services",
    "Emulator": "alicred_emulator.emulator",
    "EmulatorClock": "alicred_emulator.clock",
    "Entry": "alicred_emulator.journal",
    "Fault": "alicred_emulator.faults",
    "FaultHandle": "alicred_emulator.fault_rule",
    "Instance": "alicred_emulator.instance",
    "IssuedCredential": "alicred_emulator.ledger",
    "Journal": "alicred_emulator.journal",
    "Ledger": "alicred_emulator.ledger",
    "OAuthService": "alicred_emulator.sign_in_services",
    "OidcService": "alicred_emulator.credential_services",
    "Ram": "alicred_emulator.ram.account",
    "Role": "alicred_emulator.ram.roles",
    "Service": "alicred_emulator.service",
    "StsService": "alicred_emulator.credential_services",
    "User": "alicred_emulator.ram.users",
    "trust_policy": "alicred_emulator.ram.trust",
}

if "pytest" in sys.modules:
    # With autoload disabled nobody else marks our helper asserts for rewriting.
    sys.modules["pytest"].register_assert_rewrite(__name__)


def __getattr__(name: str) -> object:
    """Load an exported name at its first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
