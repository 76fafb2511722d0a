"""The stand-in for PolarDB's DynamoDB endpoint, in front of a PostgreSQL."""

from __future__ import annotations

import secrets
import sys

from connectors.base.secret import Secret
from local.stack.home import PROJECT, Home
from local.stack.postgres import Postgres
from local.stack.server import Server
from local.stack.source import answers_list_tables


class StandIn(Server):
    """Checks signatures with `access_key` and `secret_key`; reads the database's password from PGPASSFILE."""

    host = "127.0.0.1"
    grace = 1.0  # its data is in PostgreSQL

    def __init__(self, home: Home, postgres: Postgres, name: str = "standin") -> None:
        super().__init__(home, name)
        self.access_key = f"polardb-{secrets.token_hex(4)}"
        self.secret_key = Secret(secrets.token_urlsafe(24))
        self._postgres = postgres

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}"

    def start(self) -> None:
        keys = {"STANDIN_ACCESS_KEY": self.access_key, "STANDIN_SECRET_KEY": self.secret_key.reveal()}
        command = [sys.executable, "-m", "local.standin", "--port", str(self.port)]
        self.spawn([*command, "--dsn", self._postgres.address], {**self._postgres.env(), **keys}, PROJECT)

    def ready(self) -> bool:
        return answers_list_tables(self.address)
