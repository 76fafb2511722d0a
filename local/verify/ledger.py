"""Comparison of one side with the contents that the traffic's ledger implies."""

from __future__ import annotations

from typing import Dict, Optional, Sequence

from local.traffic.book import Expected
from local.traffic.ledger import read
from local.traffic.plan import Table
from local.verify.canonical import key_form
from local.verify.join import ABSENT, Accepted, Join
from local.verify.side import Target, key_at, reducer
from local.verify.side import read as documents
from local.verify.verdict import TableVerdict, Verdict


def check(side: Target, ledger: str, tables: Optional[Sequence[str]] = None) -> Verdict:
    """Check that the side contains exactly the keys that the ledger's traffic wrote or loaded.

    A key whose last write has an unknown outcome may be in either state. The result is exact only after the
    traffic has ended. Raises LedgerError, and CallError if the side cannot be read.
    """
    book = read(ledger)
    wanted = {table.name: table for table in book.plan.all_tables if tables is None or table.name in tables}
    joins = {name: Join(TableVerdict(name)) for name in wanted}
    for expected in book.expected(whole=True):
        if expected.table in joins:
            names = list(expected.key)
            joins[expected.table].expect(key_form(expected.key, names), accepted(side, expected))
    return Verdict([_meet(side, table, joins[name]) for name, table in wanted.items()])


def accepted(side: Target, expected: Expected) -> Accepted:
    reduce = reducer(side, list(expected.key))
    digests = tuple(reduce(item)[1] if item is not None else ABSENT for item in expected.accepted)
    return digests[0] if len(digests) == 1 else digests


def _meet(side: Target, table: Table, join: Join) -> TableVerdict:
    attributes = (table.hash, table.range) if table.range else (table.hash,)
    planned = tuple((role, *attribute) for role, attribute in zip(("HASH", "RANGE"), attributes))
    key = key_at(side, table.name, planned)
    if key is None:
        join.verdict.problem = "absent"
        return join.verdict
    for page in documents(side, table.name, key):
        for reduced in page:
            join.meet(*reduced)
    return join.finish()


def expected_state(ledger: str) -> Dict[str, Dict[bytes, Expected]]:
    """The expected states of each written key, by table and canonical key."""
    book = read(ledger)
    states: Dict[str, Dict[bytes, Expected]] = {table.name: {} for table in book.plan.all_tables}
    for expected in book.expected():
        states[expected.table][key_form(expected.key, list(expected.key))] = expected
    return states
