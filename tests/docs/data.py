"""Reads the data that a page shows: each by what reads it where it belongs."""

import configparser
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from alicred import Client, ConfigurationError, CredentialException
from alicred_emulator.scenarios import read_story, read_timeline
from tests.docs.blocks import Block
from tests.docs.lines import tomllib


def read_toml(block: Block, folder: Path) -> None:
    """Read a story or a machine scenario as such, and anything else as TOML."""
    document = tomllib.loads(block.text)
    path = folder / "block.toml"
    path.write_text(block.text, encoding="utf-8")
    if "steps" in document:
        assert read_story(path)
    elif "timeline" in document:
        assert read_timeline(path)


def read_json(block: Block, folder: Path) -> None:
    """Have alicred read a profile, or the whole file of aliyun-cli; anything else is JSON."""
    document, *others = _documents(block.text)
    if others:
        return
    if "mode" in document:
        document = {"current": document["name"], "profiles": [document]}
    if "profiles" in document:
        _found_by_alicred(Path.home() / ".aliyun" / "config.json", json.dumps(document))


def _documents(text: str) -> list[Any]:
    """Return what stands in a text: one document, or one in each line."""
    try:
        return [json.loads(text)]
    except ValueError:
        return [json.loads(line) for line in text.splitlines()]


def read_ini(block: Block, folder: Path) -> None:
    """Have alicred read the file of Alibaba's SDKs; anything else is INI."""
    parser = configparser.RawConfigParser()
    parser.read_string(block.text)
    if any(parser.has_option(section, "type") for section in parser.sections()):
        _found_by_alicred(Path.home() / ".alibabacloud" / "credentials.ini", block.text)


def read_yaml(block: Block, folder: Path) -> None:
    """It is one document or several."""
    assert all(yaml.safe_load_all(block.text))


def _found_by_alicred(path: Path, text: str) -> None:
    """Have the default chain read a file; that nobody knows its key matters not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    with Client(strict=True) as client:
        assert "profile" in _said_by(client)


def _said_by(client: Client) -> str:
    """Return where the credential came from, or who says that it was refused."""
    try:
        return client.get_credential().provider_name
    except ConfigurationError:
        raise
    except CredentialException as error:
        return str(error)


READERS: dict[str, Callable[[Block, Path], None]] = {
    "toml": read_toml,
    "json": read_json,
    "ini": read_ini,
    "yaml": read_yaml,
}
