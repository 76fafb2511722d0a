from pathlib import Path

import pytest

from local.traffic.book import Outcome
from local.traffic.history import History, Kind, Op
from local.traffic.ledger import Ledger, LedgerError, read
from local.traffic.plan import Plan

PLAN = Plan(tables=1, items=4, large_share=0)
PUT = Op("orders", 1, Kind.PUT, 1)
DELETE = Op("orders", 2, Kind.DELETE, 1)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "ledger.jsonl")


def written(path: str) -> Ledger:
    ledger = Ledger.open(path, PLAN)
    ledger.loaded("orders", 4)
    ledger.answered(ledger.asked(PUT), Outcome.APPLIED)
    return ledger


def test_a_ledger_reads_back_as_it_was_written(path: str) -> None:
    written(path).close()
    book = read(path)
    assert book.plan == PLAN
    assert book.loads == {"orders": 4}
    assert book.record("orders", 1).states == (History(1),)


def test_a_write_without_an_answer_is_of_unknown_outcome(path: str) -> None:
    written(path).asked(DELETE)
    assert read(path).record("orders", 2).states == (History(0), None)


def test_after_a_kill_the_open_writes_are_uncertain_and_the_ledger_continues(path: str) -> None:
    written(path).asked(DELETE)
    second = Ledger.open(path, PLAN)
    assert second.book.record("orders", 2).uncertain
    assert second.next_number == 2
    second.answered(second.asked(Op("orders", 1, Kind.DELETE, 2)), Outcome.APPLIED)
    book = read(path)
    assert book.record("orders", 1).states == (None,)
    assert book.record("orders", 2).states == (History(0), None)


@pytest.mark.parametrize("torn", [b"[", b'[1,"orders",2,"delete",1,17', b'[1,"orders",2,"delete",1,17.5]'])
def test_the_write_of_a_line_that_a_kill_truncated_was_never_sent(path: str, torn: bytes) -> None:
    written(path).close()
    with open(path, "ab") as file:
        file.write(torn)
    assert read(path).record("orders", 2).states == (History(0),)
    Ledger.open(path, PLAN).asked(Op("orders", 3, Kind.PUT, 1))
    assert read(path).record("orders", 3).uncertain


def test_a_broken_line_in_the_middle_is_an_error_that_names_it(path: str) -> None:
    written(path).close()
    with open(path, "ab") as file:
        file.write(b"{{{\n")
    with pytest.raises(LedgerError, match="line 5"):
        read(path)


def test_a_ledger_of_another_plan_is_refused(path: str) -> None:
    written(path).close()
    with pytest.raises(LedgerError, match="another --ledger"):
        Ledger.open(path, Plan(tables=1, items=5, large_share=0))


@pytest.mark.parametrize("content", ["", "hello\n", '{"load": ["t", 1]}\n', "[1]\n"])
def test_a_file_that_is_not_a_ledger_is_refused(path: str, content: str) -> None:
    Path(path).write_text(content)
    with pytest.raises(LedgerError):
        read(path)


def test_a_load_that_did_not_end_does_not_count_as_complete(path: str) -> None:
    Ledger.open(path, PLAN).close()
    with pytest.raises(LedgerError, match="load it again"):
        Ledger.open(path, PLAN).assume_loaded()


def test_a_new_ledger_can_assume_that_the_load_is_complete(path: str) -> None:
    Ledger.open(path, PLAN).assume_loaded()
    assert read(path).loads == {"orders": 4}


def test_without_a_path_nothing_is_stored_but_the_book_works() -> None:
    ledger = Ledger.open(None, PLAN)
    ledger.assume_loaded()
    assert ledger.asked(PUT) == 0
    assert ledger.book.loads == {"orders": 4}
