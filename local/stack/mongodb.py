"""The MongoDB of the local stack: a program that speaks its protocol, or a real server of the user."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Optional

import pymongo
from pymongo.errors import PyMongoError

from local.stack.errors import StackError
from local.stack.home import PROJECT, Home
from local.stack.server import Server

REAL = "MONGODB_URI"
"""Environment variable: the connection string of a server to use instead."""


class MongoDB(Server):
    """SecantusDB, as a replica set of one. It is not evidence for every behaviour of MongoDB: it has no
    hashed indexes, and no sharding."""

    host = "127.0.0.1"
    grace = 1.0  # its data is in memory

    def __init__(self, home: Home, name: str = "mongodb", *options: str) -> None:
        """`options` of the program: `--auth` requires users, which are created while it runs without the
        option; `--standalone` starts it without a replica set."""
        super().__init__(home, name)
        self._options = options

    @property
    def address(self) -> str:
        return f"mongodb://{self.host}:{self.port}/"

    def start(self) -> None:
        command = [str(program()), "--host", self.host, "--port", str(self.port)]
        data = str(self.home.data / self.name)
        self.spawn([*command, "--storage-path", data, *self._options], {}, self.home.data)

    def ready(self) -> bool:
        return answers(self.address)


def program() -> Path:
    """The program's path. Raises StackError if it is not installed."""
    path = Path(os.environ.get("MONGODB_VENV") or PROJECT / ".venv-mongodb") / "bin" / "secantusd-py"
    if not path.exists():
        raise StackError(f"{path} is missing. Run `make setup`; it needs Python 3.10.")
    return path


def real() -> Optional[str]:
    """The connection string of the user's server."""
    return os.environ.get(REAL) or None


def answers(uri: str) -> bool:
    client: pymongo.MongoClient[Any]
    try:
        with pymongo.MongoClient(uri, serverSelectionTimeoutMS=500, connectTimeoutMS=500) as client:
            return bool(client.admin.command("hello"))
    except PyMongoError:
        return False
