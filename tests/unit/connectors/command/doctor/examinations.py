"""The doctor with the databases of each job in memory, and its lines by level."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

from connectors.command.doctor.check import check_lines
from connectors.command.doctor.forward import forward_lines
from connectors.command.doctor.line import Level, Line
from connectors.command.doctor.replication import Database, DatabaseLook
from connectors.command.doctor.reverse import reverse_lines
from connectors.config import Settings, load
from connectors.dynamodb.faults import SOURCE, TARGET
from connectors.forward.validate import wanted_of
from connectors.postgres.layout.assignment import Assigned
from connectors.postgres.layout.proof import Sample
from connectors.targets.check_contract import CheckEnds, EndNames
from connectors.targets.dynamodb_api.examination import EndpointExamination
from connectors.targets.dynamodb_api.preflight import EndpointPreflight
from connectors.targets.preflight.sides import PreflightSides
from tests.fakes.tables import FakeTables

SLOTS = 4


def settings_of(**sets: Any) -> Settings:
    """Keys of application.yaml; dots are `__`."""
    wanted: Dict[str, Any] = {
        "dynamodb.endpoint": "http://source:1",
        "polardb.endpoint": "http://target:1",
        "deadLetter.path": "/mnt/dead",
        **{name.replace("__", "."): value for name, value in sets.items()},
    }
    return load([f"--set={path}={value}" for path, value in wanted.items()], {})


class Found:
    def __init__(self, lines: List[Line]) -> None:
        self.lines = lines

    def _of(self, level: Level) -> List[str]:
        return [line.text for line in self.lines if line.level is level]

    @property
    def red(self) -> List[str]:
        return self._of(Level.RED)

    @property
    def yellow(self) -> List[str]:
        return self._of(Level.YELLOW)

    @property
    def green(self) -> List[str]:
        return self._of(Level.GREEN)


def forward(source: FakeTables, target: FakeTables, **sets: Any) -> Found:
    settings = settings_of(**sets)
    sides = PreflightSides(source, source, EndpointPreflight(target, settings.polardb.endpoint or ""))
    return Found(forward_lines(sides, wanted_of(settings), settings, SLOTS))


def check(dynamodb: FakeTables, polardb: FakeTables, **sets: Any) -> Found:
    settings = settings_of(**sets)
    ends = CheckEnds(dynamodb, EndpointExamination(polardb), EndNames(SOURCE, TARGET), "polardb", polardb)
    if settings.check.direction == "reverse":
        names = EndNames(TARGET, SOURCE)
        ends = CheckEnds(polardb, EndpointExamination(dynamodb), names, "polardb", dynamodb)
    return Found(check_lines(ends, settings, SLOTS))


class FakeDatabase(Database):
    """Facts, or an error."""

    encryption = "TLSv1.3, TLS_AES_256_GCM_SHA384"

    def __init__(self, facts: Any, rows: Sequence[Sample] = ()) -> None:
        self._facts, self.rows = facts, list(rows)

    def look(self) -> DatabaseLook:
        if isinstance(self._facts, Exception):
            raise self._facts
        return DatabaseLook(self._facts, self.encryption)

    def sample(self, each: Assigned, columns: Sequence[str]) -> List[Sample]:
        return self.rows


def reverse(
    facts: Any,
    dynamodb: FakeTables,
    polardb: Optional[FakeTables] = None,
    after_cutover: bool = True,
    **sets: Any,
) -> Found:
    """`facts`: or a FakeDatabase."""
    sets = {
        "polardb__slotName": "slot",
        "polardb__publication": "pub",
        "polardb__sslMode": "verify-full",
        "polardb__sslRootCert": "/etc/ca.pem",
        **sets,
    }
    database = facts if isinstance(facts, FakeDatabase) else FakeDatabase(facts)
    return Found(reverse_lines(database, dynamodb, polardb, settings_of(**sets), after_cutover))
