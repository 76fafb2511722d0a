"""The checks of an endpoint of DynamoDB's protocol before it becomes the target of a check."""

from __future__ import annotations

from typing import Set

from connectors.dynamodb.caller import Caller
from connectors.dynamodb.tables import api
from connectors.dynamodb.tables.compare import key_difference
from connectors.dynamodb.tables.description import TableDescription
from connectors.targets.check_contract import TargetExamination


class EndpointExamination(TargetExamination):
    def __init__(self, target: Caller) -> None:
        self._target = target

    def names(self) -> Set[str]:
        return set(api.list_tables(self._target))

    def problem(self, source: TableDescription) -> str:
        """A table whose key schema differs is a problem."""
        target = api.describe_table(self._target, source.TableName)
        return (key_difference(source, target) or "") if target else ""
