from __future__ import annotations

import pytest

from connectors.check.report.difference import DifferenceKind
from connectors.check.report.examples import choose
from connectors.check.report.summary import Repair, Summary
from connectors.check.report.text import WIDTH, text_of
from tests.fakes.differences import HOSTILE, damaged, difference, equal, summary


@pytest.mark.parametrize(
    "given",
    [
        summary(equal("a" * 255), equal()),
        summary(damaged(missing=10**9, extra=10**9, different=10**9)),
        summary(equal(schema_differences=["x" * 300]), equal("b", problem="y " * 200)),
        summary(),
    ],
)
def test_no_line_is_wider_than_the_terminal(given: Summary) -> None:
    wide = [difference(kind, key={"k" * 100: {"S": "v" * 100}}) for kind in DifferenceKind]
    assert max(map(len, text_of(given, choose(wide), "").splitlines())) <= WIDTH


def test_the_verdict_comes_first_and_the_path_last() -> None:
    lines = text_of(summary(equal()), {}, "/var/report").splitlines()
    assert lines[0] == "EQUAL"
    assert lines[-1] == "Report: /var/report/report.html"


def test_a_table_is_one_line_with_its_counts() -> None:
    text = text_of(summary(damaged("orders", missing=3, different=25), equal("a")), {}, "")
    assert "  orders  different    1,000 equal, 3 missing, 25 different\n" in text
    assert "  a       equal        1,000 equal\n" in text


def test_a_few_differences_are_named_and_the_rest_counted() -> None:
    given = [
        difference(
            DifferenceKind.DIFFERENT, key={"id": {"N": str(n)}}, attributes={"price": ({"N": "1"}, None)}
        )
        for n in range(5)
    ]
    text = text_of(summary(damaged(different=5)), choose(given), "")
    assert "    different id = 2: price\n" in text
    assert "id = 3" not in text
    assert "    different and 2 more\n" in text


@pytest.mark.parametrize("hostile", [*HOSTILE, "\x1b[2J\x1b]0;owned\x07"])
def test_a_key_cannot_command_the_terminal(hostile: str) -> None:
    given = [difference(DifferenceKind.EXTRA, table=hostile, key={hostile: {"S": hostile}})]
    results = damaged(hostile, extra=1)
    text = text_of(summary(results, problems=[hostile]), choose(given), hostile)
    assert all(line.isprintable() for line in text.split("\n"))


def test_the_text_says_what_a_repair_would_do() -> None:
    text = text_of(summary(damaged(extra=8), repair=Repair(done=False, write=2, keep=8)), {}, "")
    assert "nothing was written; --repair would write 2 items" in text
