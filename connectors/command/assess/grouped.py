"""The same finding about many tables becomes one finding with many tables. Pure."""

from __future__ import annotations

from typing import Dict, Iterable, List, NamedTuple, Tuple

from connectors.command.assess.document import GroupedFinding


class TableRemark(NamedTuple):
    what: str
    text: str
    table: str = ""
    """Empty: it is not about one table."""
    detail: str = ""


def grouped(remarks: Iterable[TableRemark]) -> List[GroupedFinding]:
    """The finding about most tables first."""
    groups: Dict[Tuple[str, str], List[TableRemark]] = {}
    for remark in remarks:
        groups.setdefault((remark.what, remark.text), []).append(remark)
    findings = [
        GroupedFinding(
            what,
            text,
            [remark.table for remark in group if remark.table],
            [remark.detail for remark in group if remark.table],
        )
        for (what, text), group in groups.items()
    ]
    return sorted(findings, key=lambda finding: -len(finding.tables))
