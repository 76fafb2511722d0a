"""The table of results."""

import io

from rich.console import Console

from local.demo import verdict
from local.demo.screen import Lines
from local.verify import TableVerdict, Verdict

EQUAL = TableVerdict("orders", 33_401, 33_401)


def drawn(both, ledger):
    written = io.StringIO()
    console = Console(file=written, width=80)
    console.print(verdict.table(Verdict(both), Verdict(ledger)))
    return written.getvalue()


def broken():
    found = TableVerdict("orders", 33_401, 33_400)
    found.note("missing", b'{"id":{"S":"a"}}')
    return found


def test_equal_sides_show_their_counts_and_an_equal_ledger():
    line = drawn([EQUAL], [EQUAL]).splitlines()[1]
    assert line.split() == ["orders", "33,401", "33,401", "0", "0", "0", "equal"]
    assert verdict.details(Verdict([EQUAL]), Verdict([EQUAL])) == ""


def test_a_difference_shows_as_a_count_and_with_its_key():
    line = drawn([broken()], [EQUAL]).splitlines()[1]
    assert line.split() == ["orders", "33,401", "33,400", "1", "0", "0", "equal"]
    assert 'missing {"id":{"S":"a"}}' in verdict.details(Verdict([broken()]), Verdict([EQUAL]))


def test_equal_sides_that_both_lost_a_write_differ_from_the_ledger():
    assert drawn([EQUAL], [broken()]).splitlines()[1].split()[-1] == "DIFFERENT"
    assert "differences from the ledger" in verdict.details(Verdict([EQUAL]), Verdict([broken()]))


def test_a_table_that_was_not_compared_with_the_ledger_does_not_count_as_equal():
    assert drawn([EQUAL], []).splitlines()[1].split()[-1] == "DIFFERENT"


def test_the_result_line_starts_with_the_verdict():
    written = io.StringIO()
    console = Console(file=written, width=80)
    Lines(console).verdict(True, "58 s")
    Lines(console).verdict(False, "58 s")
    equal, different = written.getvalue().splitlines()
    assert equal.strip().startswith("EQUAL:")
    assert different.strip().startswith("NOT EQUAL:")
