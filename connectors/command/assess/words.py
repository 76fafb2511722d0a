"""The texts of an assessment, for the terminal and for the page. Pure."""

from __future__ import annotations

from typing import List, Optional, Sequence

from connectors.base.text import plural, short_duration, size
from connectors.command.assess.document import (
    Assessment,
    AssessmentVerdict,
    GroupedFinding,
    IntervalDocument,
    PlanDocument,
    TableAssessment,
)

NAMED = 5
"""Tables that a finding names; the JSON names all."""


def headline(assessment: Assessment) -> str:
    return {
        AssessmentVerdict.CLEAR: "NO OBSTACLE FOUND",
        AssessmentVerdict.OBSTACLES: "OBSTACLES FOUND",
        AssessmentVerdict.INCOMPLETE: "NOT COMPLETE",
    }[assessment.verdict]


def meaning(assessment: Assessment) -> str:
    tables = plural(len(assessment.tables), "table")
    what = f"{tables} with about {plural(assessment.total_items, 'item')}, {size(assessment.total_bytes)}"
    if assessment.verdict is AssessmentVerdict.OBSTACLES:
        number = len(assessment.obstacles)
        them = "it" if number == 1 else "them"
        return f"{what}. {plural(number, 'obstacle')}: solve {them} before you start the forward job."
    if assessment.verdict is AssessmentVerdict.INCOMPLETE:
        return f"{what}. Not every table could be described and sampled: see what is not known."
    return (
        f"{what}. {assessment.target} takes every sampled item. A sample does not prove that it takes all of "
        f"them: the job stores refused items as dead letters."
    )


def names(finding: GroupedFinding) -> str:
    """The tables of a finding, with what each has; what all of them have is said once."""
    details = set(finding.details)
    if len(details) > 1:
        each = [
            f"{table} ({detail})" if detail else table
            for table, detail in zip(finding.tables, finding.details)
        ]
        return listed(each)
    [same] = details or {""}
    return f"{listed(finding.tables)}{f': {same}' if same else ''}"


def sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def listed(tables: Sequence[str]) -> str:
    more = len(tables) - NAMED
    return ", ".join(tables[:NAMED]) + (f" and {more:,} more" if more > 0 else "")


def mean_size(row: TableAssessment) -> str:
    return interval(row.item_bytes, " bytes") if row.item_bytes else "not known"


def keys(row: TableAssessment) -> str:
    return interval(row.partition_keys, "") if row.partition_keys else "not known"


def interval(known: IntervalDocument, unit: str) -> str:
    """`512 bytes`, or `512 (480 to 544) bytes`."""
    if known.low == known.high:
        return f"{known.estimate:,.0f}{unit}"
    return f"{known.estimate:,.0f} ({known.low:,.0f} to {known.high:,.0f}){unit}"


def sample(row: TableAssessment) -> str:
    if not row.sampled:
        return "none"
    if row.sampled_all:
        return f"all {row.sampled:,}"
    return f"{row.sampled:,}"


def refused(row: TableAssessment) -> str:
    """Sampled items that are refused, and the bound on all of them."""
    if row.refused_at_most is None:
        return "not known"
    if row.sampled_all or not row.sampled:
        return f"{row.refused:,}"
    return f"{row.refused:,}; of all at most {percent(row.refused_at_most)}"


def percent(share: float) -> str:
    return f"{share * 100:.2g} %" if share < 0.1 else f"{share * 100:.0f} %"


def hours(number: float) -> str:
    return short_duration(number * 3600)


def dollars(amount: float) -> str:
    return f"{amount:,.2f}" if amount < 100 else f"{amount:,.0f}"


def rate(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 else f"{number:,.1f}"


def plan_lines(plan: PlanDocument, tables: Sequence[TableAssessment]) -> List[str]:
    """The plan in sentences."""
    lines = [
        f"With {plural(plan.parallelism, 'task slot')} of one core each, the copy takes about "
        f"{hours(plan.hours)}, limited by: {plan.bound}. The target's capacity is not known.",
        _apart_line(plan),
        _rate_line(plan),
        _pause_line(plan, tables),
        f"Cost until the copy is done: about {dollars(plan.copy_cost)} US$. Each day of following the "
        f"changes: about {dollars(plan.day_cost)} US$. Prices of {plan.prices_date}, {plan.prices_region}: "
        f"replace them with --prices FILE.{_unconfirmed(plan)}",
    ]
    return [line for line in lines if line]


def _unconfirmed(plan: PlanDocument) -> str:
    names = [price.name for price in plan.prices if price.check]
    if not names:
        return ""
    return f" Check {'this price' if len(names) == 1 else 'these prices'}: {', '.join(names)}."


def _rate_line(plan: PlanDocument) -> str:
    if not plan.read_limit_table:
        return ""
    others = " other" if plan.apart else ""
    return (
        f"scan.readLimit.rate={setting(plan.read_limit_rate)} keeps every{others} table under "
        f"{plan.share * 100:g} % of its read capacity; {plan.read_limit_table} decides it. The copy then "
        f"takes about {hours(plan.hours_at_rate)}."
    )


def _apart_line(plan: PlanDocument) -> str:
    if not plan.apart:
        return ""
    return (
        f"{'This table has' if len(plan.apart) == 1 else 'These tables have'} so little read capacity that "
        f"all others would wait: {listed(plan.apart)}. Copy them with a job of their own "
        f"(filter.whiteTableSet), with scan.readLimit.rate={setting(plan.apart_rate)}; it takes about "
        f"{hours(plan.apart_hours)}. Exclude them from the first job (filter.blackTableSet)."
    )


def setting(number: float) -> str:
    """A rate as it is written in application.yaml."""
    return f"{number:.0f}" if number >= 10 else f"{number:.1f}"


def _pause_line(plan: PlanDocument, tables: Sequence[TableAssessment]) -> str:
    pausing = [row for row in tables if row.pauses]
    if not pausing:
        return f"No scan pauses: none is longer than streams.holdHours ({plan.hold_hours:g} hours)."
    most = max(row.pauses for row in pausing)
    return (
        f"The scans of {plural(len(pausing), 'table')} pause at most {most} "
        f"{'time' if most == 1 else 'times'} each, every {plan.hold_hours:g} hours (streams.holdHours), to "
        f"catch up with the changes. The time of catching up is not included."
    )


def settings_lines(plan: PlanDocument) -> List[str]:
    """The plan as lines of application.yaml."""
    lines = [f"parallelism: {plan.parallelism}", f"readers: {plan.readers}"]
    if plan.read_limit_table:
        number = setting(plan.read_limit_rate)
        lines += ["scan:", "  readLimit:", "    unit: capacity", f"    rate: {number}"]
    return lines


def skew(row: TableAssessment) -> Optional[str]:
    """How unequal the sizes of the items are."""
    if row.top_tenth is None or row.item_bytes_p99 is None:
        return None
    return (
        f"median {row.item_bytes_median:,}, 99 % up to {row.item_bytes_p99:,}, largest "
        f"{row.item_bytes_largest:,} bytes; the largest tenth holds {_share(row.top_tenth)} of the bytes"
    )


def _share(share: IntervalDocument) -> str:
    known = f"{share.estimate * 100:.0f} %"
    if share.low == share.high:
        return known
    return f"{known} (95 %: {share.low * 100:.0f} to {share.high * 100:.0f} %)"
