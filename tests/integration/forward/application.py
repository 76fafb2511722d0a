"""Somebody who writes to the source all the while, and knows what must stand there afterwards."""

from __future__ import annotations

from pathlib import Path

from local.traffic import Ledger, Plan, Traffic, create_tables, load
from local.verify import check
from tests.harness.pipeline import Pipeline
from tests.integration.forward.tables import Sides

WRITING_SECONDS = 2.0


class Application:
    """Tables full of the generator's items, and traffic on them."""

    def __init__(self, sides: Sides, folder: Path, rate: float = 100) -> None:
        self._sides, self._path, self._rate = sides, str(folder / "ledger"), rate
        self.plan = Plan(tables=3, items=240, large_share=0.01, prefix=sides.prefix)
        create_tables(sides.source, self.plan)
        self._ledger = Ledger.open(self._path, self.plan)
        load(sides.source, self.plan, self._ledger)

    def start(self) -> Application:
        self.traffic = Traffic(self._sides.source, self.plan, self._ledger, self._rate).start()
        return self

    def stop(self) -> None:
        stats = self.traffic.stop()
        self._ledger.close()
        assert stats.applied > 20, stats.line()
        assert (stats.not_applied, stats.unknown) == (0, 0), stats.line()

    def check(self) -> None:
        """What the generator knows of its own writes, against the target."""
        verdict = check(self._sides.target, self._path)
        assert verdict.equal, str(verdict)


def written_over(running: Pipeline, application: Application) -> None:
    """Run over the whole scan, and for a while after it, with traffic."""
    application.start()
    try:
        running.run_until(lambda: running.completion.complete)
        running.run_for(WRITING_SECONDS)
    finally:
        application.traffic.request_stop()
    application.stop()
