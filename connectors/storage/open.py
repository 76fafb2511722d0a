"""The storage of a place, from the settings."""

from __future__ import annotations

from connectors.config.places import is_s3, s3_place
from connectors.config.settings import Settings
from connectors.storage.contract import Storage
from connectors.storage.folder import FolderStorage


def open_storage(place: str, what: str, settings: Settings) -> Storage:
    """The storage of a place. `what`: its purpose, for messages. Raises PreflightError, TerminalError or
    TransientError."""
    if not is_s3(place):
        return FolderStorage(place, what)
    from connectors.storage.s3 import S3Storage, client_of

    return S3Storage(s3_place(place), client_of(settings))
