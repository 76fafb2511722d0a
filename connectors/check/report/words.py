"""A summary in words, for the terminal and the page alike."""

from __future__ import annotations

from typing import List, NamedTuple, Optional

from connectors.check.report.summary import DifferenceCounts, Repair, Scope, Summary, TableResult, Verdict
from connectors.config.choices import Direction


class Fact(NamedTuple):
    name: str
    value: str


def headline(summary: Summary) -> str:
    """Says `EQUAL` alone only of a whole comparison."""
    if summary.verdict is Verdict.DIFFERENT:
        return "DIFFERENT"
    if summary.verdict is Verdict.INCOMPLETE:
        return "NOT CHECKED"
    beside = {Scope.ALL: "", Scope.SAMPLE: " IN THE SAMPLE", Scope.KEYS: " FOR THE CHOSEN KEYS"}
    return f"EQUAL{beside[summary.mode.scope]}"


def meaning(summary: Summary) -> str:
    """What the verdict means for the cut-over, or for the way back."""
    if summary.verdict is Verdict.DIFFERENT:
        return _meaning_of_different(summary)
    if summary.verdict is Verdict.INCOMPLETE:
        return f"The check is not complete, so it proves nothing: do not {_step(summary)} on this report."
    return _meaning_of_equal(summary)


def _meaning_of_equal(summary: Summary) -> str:
    whole = f"Check all items before you {_step(summary)}."
    if summary.mode.scope is Scope.SAMPLE:
        said = summary.confidence or "no difference among the sampled keys"
        return f"{said[0].upper()}{said[1:]}. A sample is no proof. {whole}"
    if summary.mode.scope is Scope.KEYS:
        keys = counted(summary.totals.compared, "chosen key")
        return f"{keys} compared and equal; nothing is known of the others. {whole}"
    if not summary.totals.equal:
        empty = "Both sides are empty: there was nothing to compare"
        return f"{empty}. Make sure that they are the right ones before you {_step(summary)}."
    compared = f"{counted(summary.totals.equal, 'item')} in {counted(len(summary.tables), 'table')} compared"
    data = "the data of these tables" if summary.left_out else "the data"
    return (
        f"{compared}: nothing is missing, nothing is extra, nothing differs. "
        f"As far as {data} goes, you can {_step(summary)}.{_left_out(summary)}"
    )


def _left_out(summary: Summary) -> str:
    if not summary.left_out:
        return ""
    were = "was" if len(summary.left_out) == 1 else "were"
    return f" {counted(len(summary.left_out), 'other table')} {were} left out of this check."


def _meaning_of_different(summary: Summary) -> str:
    said = [
        _meaning_of_items(summary),
        _meaning_of_schema(summary),
        "Not everything could be checked, so there may be more." if summary.problems else "",
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
    found = f"At {summary.target.system} {number:,} {'item is' if number == 1 else 'items are'} not as at"
    late = f"; {totals.changing:,} kept changing and may only be late" if totals.changing else ""
    return f"{found} {summary.source.system}: {listed(parts)}{late}."


def _meaning_of_schema(summary: Summary) -> str:
    tables = sum(1 for table in summary.tables if table.schema_differences)
    if not tables:
        return ""
    return f"{counted(tables, 'table')} {'is' if tables == 1 else 'are'} defined differently."


def _step(summary: Summary) -> str:
    way = "cut over" if summary.direction is Direction.FORWARD else "go back"
    return f"{way} to {summary.target.system}"


def result(table: TableResult) -> str:
    """One table's verdict in a word or two."""
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
    return f"all items of {tables}, both ways"


def facts(summary: Summary) -> List[Fact]:
    """How, when and at which lag."""
    source, target, totals = summary.source, summary.target, summary.totals
    found = [
        Fact("Source (the truth)", f"{source.system}, {source.endpoint}"),
        Fact("Target", f"{target.system}, {target.endpoint}"),
        Fact("Compared", scope(summary)),
        Fact("Started", moment(summary.started)),
        Fact("Ended", f"{moment(summary.ended)}, after {duration(summary.seconds)}"),
        Fact("Replication lag seen", lag(summary)),
        Fact("Settled in flight", _settled(totals)),
        Fact("Read units, source", units(totals.source_units)),
        Fact("Read units, target", units(totals.target_units)),
    ]
    if summary.repair:
        found.append(Fact("Repair", repair(summary.repair)))
    if summary.left_out:
        found.append(Fact("Tables left out", ", ".join(summary.left_out)))
    return found


def _settled(totals: DifferenceCounts) -> str:
    were = "was" if totals.settled == 1 else "were"
    return f"{counted(totals.settled, 'item')} differed at first and {were} equal at a later look"


def lag(summary: Summary) -> str:
    """The worst of the tables."""
    known = [table.lag_seconds for table in summary.tables if table.lag_seconds is not None]
    return f"up to {seconds(max(known))}" if known else "nothing was seen in flight"


def repair(done: Repair) -> str:
    parts = [
        f"write {counted(done.write, 'item')}" if done.write else "",
        f"delete {counted(done.delete, 'extra item')}" if done.delete else "",
        f"keep {counted(done.keep, 'extra item')} (--delete-extra deletes)" if done.keep else "",
        f"leave {counted(done.refused, 'item')} that the target refuses" if done.refused else "",
    ]
    if not any(parts):
        return "nothing to repair" if done.done else "there is nothing that --repair would do"
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
    if number < 60:
        return seconds(number)
    minutes, rest = divmod(round(number), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def moment(iso: str) -> str:
    """`2026-11-22T18:48:06Z` for people."""
    return iso.replace("T", " ").replace("Z", " UTC")


def listed(parts: List[str]) -> str:
    """`a, b and c`; empty parts fall out."""
    some = [part for part in parts if part]
    return " and ".join(filter(None, [", ".join(some[:-1]), some[-1] if some else ""]))
