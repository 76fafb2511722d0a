"""A DynamoDB table and its twin in the stand-in before PostgreSQL; the jobs serve them in both directions."""

from __future__ import annotations

import uuid
from typing import Any, Dict

from botocore.credentials import Credentials

from connectors.config.settings import Settings
from local.stack.postgres import Postgres
from local.stack.source import ACCESS_KEY, SECRET_KEY, Source
from local.stack.standin import StandIn
from local.traffic import Client
from local.traffic.tables import STREAM
from tests.harness.settings import settings_for


class BothSides:
    """Clients, names of their own, and settings. Creates nothing."""

    def __init__(self, source: Source, standin: StandIn, postgres: Postgres) -> None:
        self.prefix = f"w{uuid.uuid4().hex[:8]}"
        self.table, self.slot = f"{self.prefix}_items", f"slot_{self.prefix}"
        self.postgres, self._source, self._standin = postgres, source, standin
        keys = Credentials(standin.access_key, standin.secret_key.reveal())
        self.dynamodb = Client(source.address, Credentials(ACCESS_KEY, SECRET_KEY))
        self.polardb = Client(standin.address, keys)

    def settings_with(self, wanted: Dict[str, Any], **changed: Any) -> Settings:
        """`wanted`: more settings, by name in application.yaml; `changed` with `__` for dots."""
        common = {
            "polardb.endpoint": self._standin.address,
            "polardb.hostname": self.postgres.host,
            "polardb.port": self.postgres.port,
            "polardb.slotName": self.slot,
            "polardb.publication": f"pub_{self.prefix}",
            "filter.whiteTableSet": self.table,
            "readers": 2,
        }
        environ = {
            "POLARSHAKE_POLARDB_AK": self._standin.access_key,
            "POLARSHAKE_POLARDB_SK": self._standin.secret_key.reveal(),
            "POLARSHAKE_POLARDB_USERNAME": self.postgres.user,
            "POLARSHAKE_POLARDB_PASSWORD": self.postgres.password.reveal(),
        }
        return settings_for(self._source, {**common, **wanted}, environ, **changed)

    def definition(self, stream: bool) -> Dict[str, Any]:
        """The table, as CreateTable takes it."""
        table = {
            "TableName": self.table,
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
        }
        return {**table, "StreamSpecification": STREAM} if stream else table

    def put(self, side: Client, key: str, value: str) -> None:
        side.ask("PutItem", {"TableName": self.table, "Item": {"id": {"S": key}, "v": {"S": value}}})

    def close(self) -> None:
        self.dynamodb.close()
        self.polardb.close()
