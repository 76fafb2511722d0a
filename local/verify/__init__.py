"""Reads two sides completely and reports whether they are equal.

It shares no code with the jobs, so that an error in their reading or comparing cannot go unnoticed here.
"""

from local.verify.compare import compare, compare_until_equal
from local.verify.documents import Documents
from local.verify.ledger import check, expected_state
from local.verify.verdict import TableVerdict, Verdict

__all__ = [
    "Documents",
    "TableVerdict",
    "Verdict",
    "check",
    "compare",
    "compare_until_equal",
    "expected_state",
]
