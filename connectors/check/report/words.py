"""The texts of a summary, for the terminal and for the page."""

from __future__ import annotations

from typing import List, NamedTuple, Optional

from connectors.base import text
from connectors.check.report.summary import DifferenceCounts, Repair, Scope, Summary, TableResult, Verdict
from connectors.config.choices import Direction

EXCLUDED = 20
"""Excluded tables that are named."""


class Fact(NamedTuple):
    name: str
    value: str


def headline(summary: Summary) -> str:
    """The verdict in capitals. `EQUAL` without an addition means that all items were compared."""
    if summary.verdict is Verdict.DIFFERENT:
        return "DIFFERENT"
    if summary.verdict is Verdict.INCOMPLETE:
        return "NOT CHECKED"
    addition = {
        Scope.ALL: "",
        Scope.SAMPLE: " IN THE SAMPLE",
        Scope.KEYS: " FOR THE CHOSEN KEYS",
        Scope.CHANGES: " SINCE THE FULL CHECK",
    }
    return f"EQUAL{addition[summary.mode.scope]}"


def meaning(summary: Summary) -> str:
    """The consequence of the verdict for the cut-over or the rollback."""
    if summary.verdict is Verdict.DIFFERENT:
        return _meaning_of_different(summary)
    if summary.verdict is Verdict.INCOMPLETE:
        return f"The check is not complete, so it proves nothing: do not {_step(summary)} on this report."
    return _meaning_of_equal(summary)


def _meaning_of_equal(summary: Summary) -> str:
    whole = f"Check all items before you {_step(summary)}."
    if summary.mode.scope is Scope.SAMPLE:
        said = summary.confidence or "no difference among the sampled keys"
        return f"{said[0].upper()}{said[1:]}. A sample does not prove equality. {whole}"
    if summary.mode.scope is Scope.KEYS:
        keys = counted(summary.totals.compared, "chosen key")
        return f"{keys} compared and equal; the other keys were not compared. {whole}"
    if summary.mode.scope is Scope.CHANGES:
        return _meaning_of_changes(summary)
    if not summary.totals.equal:
        empty = "Both sides are empty: there was nothing to compare"
        return f"{empty}. Make sure that they are the right ones before you {_step(summary)}."
    compared = f"{counted(summary.totals.equal, 'item')} in {counted(len(summary.tables), 'table')} compared"
    data = "the data of these tables" if summary.left_out else "the data"
    return (
        f"{compared}: nothing is missing, nothing is extra, nothing differs. "
        f"With regard to {data}, you can {_step(summary)}.{_left_out(summary)}"
    )


def _meaning_of_changes(summary: Summary) -> str:
    keys = counted(summary.totals.compared, "key")
    full = f"the full check of {moment(summary.mode.full)}" if summary.mode.full else "the full check"
    return (
        f"{keys} compared and equal: those that have changed, or were not equal before. "
        f"Together with {full}, every item has been found equal since its last change. "
        f"What others than the {summary.direction.value} job write to {summary.target.system} is not in this "
        f"record: only a check of all items finds it.{_left_out(summary)}"
    )


def _left_out(summary: Summary) -> str:
    if not summary.left_out:
        return ""
    were = "was" if len(summary.left_out) == 1 else "were"
    return f" {counted(len(summary.left_out), 'other table')} {were} excluded from this check by the filter."


def _meaning_of_different(summary: Summary) -> str:
    said = [
        _meaning_of_items(summary),
        _meaning_of_schema(summary),
        "Not everything could be checked, so there may be more differences." if summary.problems else "",
        f"Do not {_step(summary)} before this is repaired or explained.",
    ]
    return " ".join(filter(None, said))


def _meaning_of_items(summary: Summary) -> str:
    totals = summary.totals
    if not totals.differences():
        return ""
    verbs = [(totals.missing, "missing"), (totals.extra, "extra"), (totals.different, "different")]
    parts = [f"{number:,} {verb}" for number, verb in verbs if number]
    number = totals.differences()
    items = f"{number:,} {'item' if number == 1 else 'items'} in {summary.target.system}"
    verb = "differs" if number == 1 else "differ"
    late = f"; {totals.changing:,} kept changing and may only be delayed" if totals.changing else ""
    return f"{items} {verb} from {summary.source.system}: {listed(parts)}{late}."


def _meaning_of_schema(summary: Summary) -> str:
    tables = sum(1 for table in summary.tables if table.schema_differences)
    if not tables:
        return ""
    return f"{counted(tables, 'table')} {'is' if tables == 1 else 'are'} defined differently."


def _step(summary: Summary) -> str:
    way = "cut over" if summary.direction is Direction.FORWARD else "go back"
    return f"{way} to {summary.target.system}"


def result(table: TableResult) -> str:
    """The verdict of one table, in one or two words."""
    if table.differences():
        return "different"
    if table.schema_differences:
        return "defined differently"
    return "not checked" if table.problem else "equal"


def scope(summary: Summary) -> str:
    """What was compared."""
    mode, tables = summary.mode, counted(len(summary.tables), "table")
    if mode.scope is Scope.SAMPLE:
        asked = f"of {mode.sample:,} keys " if mode.sample else ""
        return f"a random sample {asked}in {'each of ' if len(summary.tables) > 1 else ''}{tables}"
    if mode.scope is Scope.KEYS:
        return f"chosen keys{f' from {mode.file}' if mode.file else ''} in {tables}"
    if mode.scope is Scope.CHANGES:
        return f"the keys that have changed since the last check, in {tables}; generation {mode.generation}"
    return f"all items of {tables}, in both directions"


def facts(summary: Summary) -> List[Fact]:
    """The circumstances of the check: scope, times, lag, cost."""
    source, target, totals = summary.source, summary.target, summary.totals
    facts = [
        Fact("Source (authoritative)", f"{source.system}, {source.endpoint}"),
        Fact("Target", f"{target.system}, {target.endpoint}"),
        Fact("Compared", scope(summary)),
        Fact("Started", moment(summary.started)),
        Fact("Ended", f"{moment(summary.ended)}, after {duration(summary.seconds)}"),
        Fact("Observed replication lag", lag(summary)),
        Fact("Settled in flight", _settled(totals)),
        Fact("Read units, source", units(totals.source_units)),
        Fact("Read units, target", units(totals.target_units)),
    ]
    if summary.repair:
        facts.append(Fact("Repair", repair(summary.repair)))
    if summary.left_out:
        more = len(summary.left_out) - EXCLUDED
        facts.append(
            Fact(
                "Excluded tables",
                ", ".join(summary.left_out[:EXCLUDED]) + (f" and {more:,} more" if more > 0 else ""),
            )
        )
    return facts


def _settled(totals: DifferenceCounts) -> str:
    were = "was" if totals.settled == 1 else "were"
    return f"{counted(totals.settled, 'item')} differed at first and {were} equal in a later comparison"


def lag(summary: Summary) -> str:
    """The largest lag of all tables."""
    known = [table.lag_seconds for table in summary.tables if table.lag_seconds is not None]
    return f"up to {seconds(max(known))}" if known else "no change in flight was observed"


KEPT = "--delete-extra deletes; in a table that the source lacks, only if --tables names it in full"


def repair(done: Repair) -> str:
    parts = [
        f"write {counted(done.write, 'item')}" if done.write else "",
        f"delete {counted(done.delete, 'extra item')}" if done.delete else "",
        f"keep {counted(done.keep, 'extra item')} ({KEPT})" if done.keep else "",
        f"leave {counted(done.refused, 'item')} that the target rejects" if done.refused else "",
    ]
    if not any(parts):
        return "nothing to repair" if done.done else "--repair would change nothing"
    if not done.done:
        return f"nothing was written; --repair would {listed(parts)}"
    past = {"write": "wrote", "delete": "deleted", "keep": "kept", "leave": "left"}
    words = [part.split(" ", 1) for part in parts if part]
    return listed([f"{past[verb]} {rest}" for verb, rest in words])


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def units(consumed: Optional[float]) -> str:
    return "not reported" if consumed is None else f"{consumed:,.1f}"


def seconds(number: float) -> str:
    return f"{number:,.1f} s"


def duration(number: float) -> str:
    """A measured time: below a minute with a decimal."""
    return seconds(number) if number < text.MINUTE else text.duration(number)


def moment(iso: str) -> str:
    """`2026-11-22T18:48:06Z` -> `2026-11-22 18:48:06 UTC`."""
    return iso.replace("T", " ").replace("Z", " UTC")


def listed(parts: List[str]) -> str:
    """The parts as `a, b and c`, without empty parts."""
    some = [part for part in parts if part]
    return " and ".join(filter(None, [", ".join(some[:-1]), some[-1] if some else ""]))
