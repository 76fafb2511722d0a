"""The assessment, from everything that is known about the tables. Pure."""

from __future__ import annotations

from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence

from connectors.base.text import timestamp
from connectors.command.assess.document import (
    Assessment,
    AssessmentVerdict,
    IntervalDocument,
    PlanDocument,
    PriceDocument,
    TableAssessment,
)
from connectors.command.assess.facts import TableFacts
from connectors.command.assess.grouped import TableRemark, grouped
from connectors.command.assess.judge import ItemFinding
from connectors.command.assess.outlook import PlanOutlook, TableOutlook
from connectors.command.assess.sampling import SampledTable
from connectors.command.assess.statistics import Interval
from connectors.command.assess.survey import SurveyResult
from connectors.command.estimate.prices import PriceList
from connectors.config.settings import Settings
from connectors.dynamodb.tables.stream import stream_problem
from connectors.targets.limits import TargetLimits
from connectors.targets.place import Place
from connectors.targets.preflight.problems import Problem


class AssessOptions(NamedTuple):
    sample: int
    """Items per table; 0: none."""
    share: float
    """Of each table's capacity that the scan may use: above 0, up to 1."""
    slots: int
    """Task slots; 0: the assessment chooses."""
    prices: PriceList


class Sides(NamedTuple):
    source: Place
    target: Place
    limits: Optional[TargetLimits]
    """None: the target's driver is not installed."""
    no_limits: str
    """Why."""


class Composer:
    """Puts the parts together."""

    def __init__(
        self,
        sides: Sides,
        settings: Settings,
        options: AssessOptions,
        surveyed: SurveyResult,
        sampled: Sequence[SampledTable],
        tables: Dict[str, TableOutlook],
    ) -> None:
        self._sides, self._settings, self._options = sides, settings, options
        self._found, self._sampled, self._tables = surveyed, sampled, tables

    def assessment(self, plan: PlanOutlook, left_out: List[str], now: float) -> Assessment:
        obstacles = list(self._obstacles())
        concerned = {remark.table for remark in obstacles}
        rows = [self._row(table, table.facts.name in concerned) for table in self._sampled]
        rows.sort(key=lambda row: (not row.problem, -row.bytes, row.table))
        return Assessment(
            verdict=self._verdict(obstacles),
            made=timestamp(now),
            source=" ".join(self._sides.source),
            target=self._sides.target.system,
            obstacles=grouped(obstacles),
            remarks=grouped(self._item_remarks(refused=False)),
            left_behind=grouped(
                TableRemark(setting.what, setting.text, facts.name, setting.detail)
                for facts in self._found.tables
                for setting in facts.left
            ),
            not_known=grouped(self._not_known()),
            tables=rows,
            left_out=left_out,
            total_items=sum(row.items for row in rows),
            total_bytes=sum(row.bytes for row in rows),
            sample_units=sum(table.draws.units for table in self._sampled if table.draws),
            plan=self._plan(plan),
        )

    def _verdict(self, obstacles: List[TableRemark]) -> AssessmentVerdict:
        if obstacles:
            return AssessmentVerdict.OBSTACLES
        complete = self._sides.limits is not None and not any(table.failed for table in self._sampled)
        return AssessmentVerdict.CLEAR if complete and self._tables else AssessmentVerdict.INCOMPLETE

    def _obstacles(self) -> Iterator[TableRemark]:
        yield from (_of_problem(problem) for problem in self._found.problems)
        for facts in self._found.tables:
            yield from self._table_obstacles(facts)
        yield from self._item_remarks(refused=True)

    def _table_obstacles(self, facts: TableFacts) -> Iterator[TableRemark]:
        table, limits = facts.description, self._sides.limits
        refused = limits.table_problem(table) if limits else None
        if refused:
            yield TableRemark("table", refused, facts.name)
        if self._settings.mode.follows:
            problem = stream_problem(table, self._settings.streams.enable)
            if problem:
                yield TableRemark("stream", problem, facts.name)

    def _item_remarks(self, refused: bool) -> Iterator[TableRemark]:
        for table in self._sampled:
            for finding in table.found:
                if finding.refused == refused:
                    detail = (
                        f"{finding.items:,} of {finding.sampled:,} sampled items, such as {finding.example}"
                    )
                    yield TableRemark("items", finding.text, table.facts.name, detail)

    def _not_known(self) -> Iterator[TableRemark]:
        if self._sides.limits is None:
            yield TableRemark("what the target refuses", self._sides.no_limits)
        for table in self._sampled:
            if table.failed:
                yield TableRemark("sizes, and what the target refuses", table.failed, table.facts.name)
            for unknown in table.facts.not_known:
                yield TableRemark(unknown.what, unknown.reason, table.facts.name)

    def _row(self, table: SampledTable, problem: bool) -> TableAssessment:
        facts, sizes, draws = table.facts, table.sizes, table.draws
        ahead, items = self._tables[facts.name], facts.description.ItemCount
        sampled = len(draws.items) if draws else 0
        refused = sum(finding.items for finding in table.found if finding.refused)
        judged = draws is not None and sampled > 0 and self._sides.limits is not None
        finding = ItemFinding("", True, refused, sampled, "")
        return TableAssessment(
            table=facts.name,
            items=items,
            bytes=facts.description.TableSizeBytes,
            sampled=sampled,
            sampled_all=bool(draws and draws.whole),
            refused=refused,
            refused_at_most=finding.at_most if judged else None,
            item_bytes=_interval(sizes.mean if sizes else None),
            item_bytes_median=sizes.median if sizes else None,
            item_bytes_p99=sizes.p99 if sizes else None,
            item_bytes_largest=sizes.largest if sizes else None,
            top_tenth=_interval(sizes.top_tenth if sizes else None, 4),
            partition_keys=_interval(table.keys),
            items_per_partition_key=_per_key(table, items),
            capacity=ahead.capacity.units,
            capacity_source=ahead.capacity.source,
            rate=ahead.rate,
            read_units=ahead.read_units,
            hours_at_rate=ahead.hours_at_rate,
            segments=ahead.segments,
            pauses=ahead.pauses,
            shards=ahead.shards,
            read_cost=ahead.cost,
            left_behind=[left.what for left in facts.left],
            problem=problem,
        )

    def _plan(self, plan: PlanOutlook) -> PlanDocument:
        prices = self._options.prices
        return PlanDocument(
            parallelism=plan.slots,
            readers=plan.readers,
            hours=plan.hours,
            bound=plan.bound,
            share=self._options.share,
            read_limit_rate=plan.rate,
            read_limit_table=plan.rate_table,
            hours_at_rate=plan.hours_at_rate,
            apart=plan.apart,
            apart_rate=plan.apart_rate,
            apart_hours=plan.apart_hours,
            hold_hours=self._settings.streams.hold_hours,
            copy_cost=plan.copy_cost,
            day_cost=plan.day_cost,
            prices_date=min(price.date for price in prices.entries.values()),
            prices_region=prices.region,
            prices=[PriceDocument(name, *price) for name, price in prices.entries.items()],
        )


def _of_problem(problem: Problem) -> TableRemark:
    return TableRemark("table" if problem.table else "source", problem.text, problem.table, problem.detail)


def _interval(known: Optional[Interval], digits: int = 1) -> Optional[IntervalDocument]:
    return None if known is None else IntervalDocument(*(round(number, digits) for number in known))


def _per_key(table: SampledTable, items: int) -> Optional[float]:
    if table.keys is None or not table.draws:
        return None
    count = len(table.draws.items) if table.draws.whole else items
    return round(count / table.keys.estimate, 2)
