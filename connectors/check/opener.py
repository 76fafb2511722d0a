"""Opens the splits of the check job, from orders."""

from __future__ import annotations

from typing import Dict, List, Optional

from connectors.check.chosen import ChosenSplit
from connectors.check.fingerprints import FingerprintSource
from connectors.check.sample import SampleSplit
from connectors.config.settings import Settings
from connectors.dynamodb.scan.segment import SegmentSplit
from connectors.engine.reader.reader_shard import SegmentOpener
from connectors.model.orders import SegmentOrder
from connectors.model.splits import Split
from connectors.targets.check_contract import CheckSide

GATHERED = 20_000
"""Items of a segment that are sent together: 480 KB of fingerprints. Each record of a lane costs milliseconds
in Flink, mainly for state, and fingerprints are small: a lane would get only a few hundred bytes from a page
of PolarDB, which has 100 items.
"""


class CheckOpener(SegmentOpener):
    def __init__(
        self, settings: Settings, source: CheckSide, target: CheckSide, chosen: Dict[str, List[bytes]]
    ) -> None:
        """`chosen`: keys by table, if only chosen keys are checked."""
        self._settings, self._chosen = settings, chosen
        self._source, self._target = source, target

    def segment(self, order: SegmentOrder, saved: Optional[bytes]) -> Split:
        if self._chosen:
            return ChosenSplit(order, self._chosen.get(order.table, []), self._settings.check.lanes, saved)
        if self._settings.check.sample:
            return self._sample(order, saved)
        return self._scan(order, saved)

    def _scan(self, order: SegmentOrder, saved: Optional[bytes]) -> SegmentSplit:
        side = self._side(order)
        pages = side.pages(order, self._settings.scan.limit)
        source = FingerprintSource(order, side.form(order.table, order.schema))
        return SegmentSplit(order.split_id, pages, source, self._settings.check.lanes, saved, GATHERED)

    def _sample(self, order: SegmentOrder, saved: Optional[bytes]) -> SampleSplit:
        side, wanted = self._side(order), self._settings.check.sample
        form = side.form(order.table, order.schema)
        return SampleSplit(order, wanted, form, side.draws(order), self._settings.check.lanes, saved)

    def _side(self, order: SegmentOrder) -> CheckSide:
        return self._target if order.of_target else self._source
