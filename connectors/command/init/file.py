"""Writes the file. It overwrites an existing one only with --force."""

from __future__ import annotations

from pathlib import Path

from connectors.config import Settings
from connectors.config.json_schema import SCHEMA_FILE, is_own_schema, schema_text
from connectors.config.reference import application_yaml


class AlreadyThere(Exception):
    """Its text says what to do."""


def refuse_existing(path: Path, force: bool) -> None:
    """Raises AlreadyThere. Called before the first question; `write` checks again."""
    if path.exists() and not force:
        raise _refusal(path)


def write(path: Path, settings: Settings, force: bool) -> None:
    """Write the file, and beside it the schema that editors complete and check it with. Raises AlreadyThere
    or OSError."""
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(application_yaml(settings))
    except FileExistsError:
        raise _refusal(path) from None
    _write_schema(path.with_name(SCHEMA_FILE))


def _write_schema(path: Path) -> None:
    """A file of another program that has this name is not touched."""
    if not path.exists() or is_own_schema(path.read_text(encoding="utf-8", errors="replace")):
        path.write_text(schema_text(), encoding="utf-8")


def _refusal(path: Path) -> AlreadyThere:
    return AlreadyThere(
        f"{path} already exists. Use --force to overwrite it, or --output FILE to write another file."
    )
