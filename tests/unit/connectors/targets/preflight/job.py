"""Both sides of a job in memory."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, Dict, List, NamedTuple, Tuple

import pytest

from connectors.base.errors import PreflightError
from connectors.config.choices import CopyMode
from connectors.dynamodb.tables.ensure import Existing, TableOptions
from connectors.targets.dynamodb_api.preflight import EndpointPreflight
from connectors.targets.preflight.check import preflight
from connectors.targets.preflight.sides import PreflightOptions, PreflightSides, SourceTable
from tests.fakes.tables import FakeTables


class White(NamedTuple):
    white_table_set: Tuple[str, ...] = ()

    def allows(self, name: str) -> bool:
        return not self.white_table_set or any(fnmatchcase(name, glob) for glob in self.white_table_set)


class Job:
    def __init__(self) -> None:
        self.source, self.target = FakeTables(), FakeTables(polardb=True)
        self.streams = self.source

    def run(self, *names: str, existing: str = "keep", mode: str = "all", **wanted: Any) -> List[SourceTable]:
        seconds: Dict[str, float] = {"seconds": wanted.pop("seconds")} if "seconds" in wanted else {}
        tables = TableOptions(Existing(existing), **wanted.pop("tables", {}))
        want = PreflightOptions(White(names), CopyMode(mode), tables, **wanted)
        return preflight(
            PreflightSides(self.source, self.streams, EndpointPreflight(self.target)), want, **seconds
        )

    def problems(self, *names: str, **wanted: Any) -> List[str]:
        """The lines of the error, without the first."""
        with pytest.raises(PreflightError) as raised:
            self.run(*names, **wanted)
        first, *lines = str(raised.value).split("\n- ")
        assert first.startswith("nothing was written; ")
        assert all("\n" not in line for line in lines)
        return lines

    def wrote_nothing(self) -> bool:
        return self.source.writes() == self.target.writes() == self.streams.writes() == []
