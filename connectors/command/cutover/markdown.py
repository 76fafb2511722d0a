"""The protocol for people to keep. Pure."""

from __future__ import annotations

from typing import List

from connectors.check.report.difference import timestamp
from connectors.command.cutover.journal import Journal
from connectors.postgres.pgoutput.lsn import lsn_text

TITLES = {"cutover": "Cut-over", "rollback": "Rollback"}


def page(record: Journal) -> str:
    lines = [
        f"# {TITLES[record.kind]}",
        "",
        f"Begun {record.begun}. Times are UTC.",
        "",
        f"- from: {record.source.system}, {record.source.endpoint}",
        f"- to: {record.target.system}, {record.target.endpoint}",
        f"- Flink: {record.flink}",
        *_facts(record),
        "",
        "| when | who | step | outcome | seen |",
        "|---|---|---|---|---|",
    ]
    for one in record.log:
        seen = f"{one.saw} To do: {one.do}" if one.do else one.saw
        lines.append(f"| {one.at} | {_cell(one.by)} | {one.title} | {one.outcome} | {_cell(seen)} |")
    return "\n".join([*lines, ""])


def _facts(record: Journal) -> List[str]:
    facts = [f"- job ended: {record.job}"] if record.stopped else []
    if record.quiet:
        began, until = timestamp(record.quiet.since), timestamp(record.quiet.through)
        facts.append(f"- nothing was written between {began} and {until}")
    if record.check:
        facts.append(f"- equal by the check that began at {record.check}")
    if record.stopped:
        facts.append(f"- savepoint: {record.stopped.savepoint or 'Flink does not tell where'}")
    if record.position:
        facts.append(f"- position in PolarDB's log: {lsn_text(record.position)}")
    if record.reverse:
        facts.append(f"- reverse job: {record.reverse}")
    return facts


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
