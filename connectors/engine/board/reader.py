"""The enumerator's side of the board."""

from __future__ import annotations

from typing import Dict, List, Optional, Tuple

from connectors.engine.board import runs
from connectors.engine.board.runs import SavedRun
from connectors.engine.enumerator.observations import Reported
from connectors.model import board
from connectors.model.board import Board
from connectors.model.steps import TableFact, TableFault


def place_of(job: str, slot: int) -> str:
    return f"board-{job}-{slot}"


def line_of(job: str) -> str:
    return f"board-{job}-runs"


class BoardReader:
    def __init__(self, store: Board, slots: int) -> None:
        self._store, self._slots = store, slots
        self._last: Dict[str, bytes] = {}

    def begin(self, run: str, saved: SavedRun) -> None:
        """Continue the job's line of runs. Raises TerminalError if the restored state is refused."""
        job, number = run.split(".")
        place = line_of(job)
        known = self._store.read([place]).get(place)
        line = runs.continued(runs.decode(known) if known else [], saved, number)
        self._store.publish(place, runs.encode(line))

    def read(self, run: str) -> Optional[Reported]:
        """What the slots have reported to this run; None if nothing has changed since the last call."""
        job = run.split(".")[0]
        documents = self._store.read([place_of(job, slot) for slot in range(self._slots)])
        if documents == self._last:
            return None
        self._last = documents
        facts: Dict[Tuple[int, str], TableFact] = {}
        faults: List[TableFault] = []
        for document in map(board.decode, documents.values()):
            if document.run == run:
                facts.update(((document.slot, table), fact) for table, fact in document.tables.items())
                faults += document.faults
        return Reported(facts, faults)
