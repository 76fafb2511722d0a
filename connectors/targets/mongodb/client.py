"""The driver's client, from the settings."""

from __future__ import annotations

import threading
from typing import Any, Optional

from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import PyMongoError
from pymongo.write_concern import WriteConcern

from connectors.base.errors import ConfigError
from connectors.config.settings import Settings
from connectors.targets.mongodb.faults import bad_uri

Client = MongoClient[Any]
CONNECT_SECONDS = 10.0


def client_of(settings: Settings, seconds: Optional[float] = None) -> Client:
    """Connects when it is first used. `seconds` bounds the wait for a server; by default the settings' bound.

    Raises ConfigError, which never contains the connection string.
    """
    address = settings.mongodb.address
    if address is None:
        raise ConfigError("configuration", "mongodb.uri", "is not set")
    request = settings.write.request_timeout_seconds
    wait = min(seconds or request, request)
    try:
        return MongoClient(
            address.reveal(),
            appname="polarshake",
            connectTimeoutMS=int(min(CONNECT_SECONDS, wait) * 1000),
            serverSelectionTimeoutMS=int(wait * 1000),
            socketTimeoutMS=int(wait * 1000),
            tz_aware=True,
        )
    except (PyMongoError, ValueError, TypeError):
        raise bad_uri() from None


def database_of(client: Client, settings: Settings) -> Database[Any]:
    """A write is durable when a majority has confirmed it."""
    if settings.mongodb.database is None:
        raise ConfigError("configuration", "mongodb.database", "is not set")
    timeout = settings.write.request_timeout_seconds * 1000
    concern = WriteConcern(w="majority", wtimeout=timeout)
    return client.get_database(settings.mongodb.database, write_concern=concern)


class MongoConnection:
    """The database, over a client that threads share and that connects at first use."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._lock = settings, threading.Lock()
        self._connected: Optional[Database[Any]] = None

    def __call__(self) -> Database[Any]:
        with self._lock:
            if self._connected is None:
                self._connected = database_of(client_of(self._settings), self._settings)
            return self._connected
