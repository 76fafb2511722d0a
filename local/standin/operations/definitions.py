"""CreateTable, DescribeTable, ListTables, UpdateTable, DeleteTable, DescribeTimeToLive and
UpdateTimeToLive."""

from __future__ import annotations

import time
import uuid
from typing import Any, Dict, Optional

import msgspec

from local.standin import requests
from local.standin.catalog import Catalog
from local.standin.description import describe, describe_ttl
from local.standin.faults import ApiError, invalid, not_implemented
from local.standin.schema import Definition, check_definition
from local.standin.switches import Switches
from local.standin.tables import Table

MOST_TABLE_NAMES = 100


class Definitions:
    def __init__(self, catalog: Catalog, switches: Switches) -> None:
        self._catalog, self._switches = catalog, switches

    async def create_table(self, body: bytes) -> bytes:
        request = requests.read(requests.CreateTable, body, self._switches)
        _refuse_streams(request.StreamSpecification)
        definition = new_definition(request)
        check_definition(definition, self._switches.refuse_key_projection)
        async with self._catalog.changing:
            table = await self._catalog.create(definition)
        return await self._answer("TableDescription", table)

    async def describe_table(self, body: bytes) -> bytes:
        request = requests.read(requests.TableRequest, body, self._switches)
        return await self._answer("Table", await self._catalog.get(request.TableName))

    async def list_tables(self, body: bytes) -> bytes:
        request = requests.read(requests.ListTables, body, self._switches)
        limit = MOST_TABLE_NAMES if request.Limit is None else request.Limit
        if not 1 <= limit <= MOST_TABLE_NAMES:
            raise invalid(f"Limit must be from 1 to {MOST_TABLE_NAMES}")
        names = await self._catalog.names(request.ExclusiveStartTableName or "", limit + 1)
        answer: Dict[str, Any] = {"TableNames": names[:limit]}
        if len(names) > limit:
            answer["LastEvaluatedTableName"] = names[limit - 1]
        return msgspec.json.encode(answer)

    async def update_table(self, body: bytes) -> bytes:
        request = requests.read(requests.UpdateTable, body, self._switches)
        _refuse_streams(request.StreamSpecification)
        async with self._catalog.changing:
            table = await self._catalog.get(request.TableName)
            definition = updated_definition(table.definition, request)
            check_definition(definition, self._switches.refuse_key_projection)
            table = await self._catalog.replace(definition)
        return await self._answer("TableDescription", table)

    async def delete_table(self, body: bytes) -> bytes:
        request = requests.read(requests.TableRequest, body, self._switches)
        async with self._catalog.changing:
            table = await self._catalog.get(request.TableName)
            await self._catalog.drop(table)
        description = describe(table.definition, self._switches, 0, 0, status="DELETING")
        return msgspec.json.encode({"TableDescription": description})

    async def update_time_to_live(self, body: bytes) -> bytes:
        request = requests.read(requests.UpdateTimeToLive, body, self._switches)
        wanted = request.TimeToLiveSpecification
        async with self._catalog.changing:
            table = await self._catalog.get(request.TableName)
            attribute = wanted.AttributeName if wanted.Enabled else None
            if attribute == table.definition.ttl_attribute:
                raise invalid(f"TimeToLive is already {'enabled' if wanted.Enabled else 'disabled'}")
            await self._catalog.replace(msgspec.structs.replace(table.definition, ttl_attribute=attribute))
        return msgspec.json.encode({"TimeToLiveSpecification": wanted})

    async def describe_time_to_live(self, body: bytes) -> bytes:
        request = requests.read(requests.TableRequest, body, self._switches)
        table = await self._catalog.get(request.TableName)
        return msgspec.json.encode({"TimeToLiveDescription": describe_ttl(table.definition)})

    async def _answer(self, member: str, table: Table) -> bytes:
        items, size = await self._catalog.sizes(table)
        return msgspec.json.encode({member: describe(table.definition, self._switches, items, size)})


def new_definition(request: requests.CreateTable) -> Definition:
    return Definition(
        TableName=request.TableName,
        KeySchema=request.KeySchema,
        AttributeDefinitions=request.AttributeDefinitions,
        TableId=str(uuid.uuid4()),
        created=round(time.time(), 3),
        GlobalSecondaryIndexes=request.GlobalSecondaryIndexes or [],
        LocalSecondaryIndexes=request.LocalSecondaryIndexes or [],
        BillingMode=request.BillingMode,
        ProvisionedThroughput=request.ProvisionedThroughput or {},
    )


def updated_definition(definition: Definition, request: requests.UpdateTable) -> Definition:
    """The changed definition. Raises LimitExceededException for more than one index operation,
    ValidationException for the deletion of an index that does not exist."""
    updates = request.GlobalSecondaryIndexUpdates or []
    if len(updates) > 1:
        raise ApiError("LimitExceededException", "Only 1 index can be created or deleted at a time per table")
    definition = msgspec.structs.replace(
        definition,
        BillingMode=request.BillingMode or definition.BillingMode,
        ProvisionedThroughput=request.ProvisionedThroughput or definition.ProvisionedThroughput,
    )
    for update in updates:
        definition = _with_index_update(definition, update)
    return _with_attributes(definition, request)


def _with_index_update(definition: Definition, update: requests.IndexUpdate) -> Definition:
    indexes = list(definition.GlobalSecondaryIndexes)
    if update.Create is not None:
        indexes.append(update.Create)
    elif update.Delete is not None:
        name = update.Delete.IndexName
        indexes = [index for index in indexes if index.IndexName != name]
        if len(indexes) == len(definition.GlobalSecondaryIndexes):
            raise invalid(f"Requested index {name} does not exist")
    return msgspec.structs.replace(definition, GlobalSecondaryIndexes=indexes)


def _with_attributes(definition: Definition, request: requests.UpdateTable) -> Definition:
    """The definition with the attributes that are in use. The request's definitions override earlier ones,
    and unused ones are removed."""
    used = {element.AttributeName for element in definition.KeySchema}
    used.update(element.AttributeName for index in definition.indexes() for element in index.KeySchema)
    known = {attribute.AttributeName: attribute for attribute in request.AttributeDefinitions or []}
    known.update({attribute.AttributeName: attribute for attribute in definition.AttributeDefinitions})
    return msgspec.structs.replace(
        definition, AttributeDefinitions=[attribute for name, attribute in known.items() if name in used]
    )


def _refuse_streams(specification: Optional[Dict[str, Any]]) -> None:
    if specification and specification.get("StreamEnabled"):
        raise not_implemented("StreamSpecification: the endpoint has no streams")
