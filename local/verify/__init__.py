"""Reads two sides wholly and says whether they are equal.

It shares no code with the jobs, so that a fault in their reading or comparing cannot hide itself here.
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
