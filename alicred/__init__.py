"""Alibaba Cloud credentials: obtained, kept fresh, never shown.

>>> from alicred import Client, Config
>>> client = Client(Config(type="access_key", access_key_id="LTAIexample", access_key_secret="example"))
>>> client.get_credential().access_key_id
'LTAIexample'
"""

from alicred.client import Client
from alicred.exceptions import (
    Attempt,
    ConfigurationError,
    ConfigWarning,
    CredentialException,
    CredentialRefusedError,
    NoCredentialError,
    ServiceUnreachableError,
)
from alicred.models import Config, Credential

__all__ = [
    "Attempt",
    "Client",
    "Config",
    "ConfigWarning",
    "ConfigurationError",
    "Credential",
    "CredentialException",
    "CredentialRefusedError",
    "NoCredentialError",
    "ServiceUnreachableError",
]

__version__ = "0.1.0"
