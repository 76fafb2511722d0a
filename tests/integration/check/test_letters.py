"""Dead letters are settled by the check's repair, between real servers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterable, Tuple

import msgspec

from connectors.check.report.stored import stored_differences
from connectors.command.letters.checks import DynamoKeySchemas, line_of
from connectors.command.letters.ledger import ledger
from connectors.command.letters.ports import Checked, KeyCheck
from connectors.command.letters.retry import RetryOutcome, retry
from connectors.dynamodb.clients import source_client
from connectors.model.dead_letters import DeadLetter
from connectors.model.dead_letters import line_of as letter_line
from connectors.model.stored_letters import StoredLetter, stored_letters
from connectors.model.writes import Write
from tests.integration.check.conftest import Both, MakeCheck, key_of
from tests.integration.check.test_damage import parts_of_chosen
from tests.integration.forward.tables import Sides


class RunHere(KeyCheck):
    """The check of these keys, in this process."""

    def __init__(self, check: MakeCheck, folder: Path) -> None:
        self._check, self._keys = check, folder / "keys.jsonl"

    def repair(self, keys: Iterable[Tuple[str, bytes]]) -> Checked:
        self._keys.write_bytes(b"".join(line_of(table, key) for table, key in keys))
        running = self._check(check__keys=str(self._keys), check__repair="true", components=parts_of_chosen)
        summary, job = running.run(), running.components.job
        return Checked(summary, stored_differences(job.report, job.settings), job.report)


def letter(table: str, body: Any, delete: bool = False) -> StoredLetter:
    write = Write(table, msgspec.json.encode(body), delete, "segment 1 of 1")
    [stored] = stored_letters([letter_line(DeadLetter(write, "too large"), 1.0)])
    return stored


def tried(sides: Sides, run: KeyCheck, settings: Any, *letters: StoredLetter) -> RetryOutcome:
    client = source_client(settings)
    try:
        return retry(letters, DynamoKeySchemas(client), run, "me@here", lambda: 2.0)
    finally:
        client.close()


def test_a_retry_writes_the_present_item_and_not_the_letters_and_settles_it(
    sides: Sides, check: MakeCheck, settings: Any, tmp_path: Path
) -> None:
    both = Both(sides, count=20)
    both.lose(3)
    both.lose(4)
    old = letter(both.table, {**both.items[3], "name": {"S": "an older name"}})
    gone = letter(both.table, key_of(both.items[5]), delete=True)
    outcome = tried(sides, RunHere(check, tmp_path), settings(), old, gone)
    assert not ledger([old, gone], outcome.marks)[0].open
    assert not ledger([old, gone], outcome.marks)[1].open
    assert (outcome.keys, outcome.refused, outcome.problems) == (2, {}, [])
    there = sides.target.ask("Scan", {"TableName": both.table})["Items"]
    assert both.items[3] in there, "the present item was written"
    assert both.items[4] not in there, "a key without a letter was not touched"
    assert len(there) == 19


def test_a_letter_of_an_extra_item_stays_open_because_a_retry_deletes_nothing(
    sides: Sides, check: MakeCheck, settings: Any, tmp_path: Path
) -> None:
    both = Both(sides, count=20)
    both.add(500)
    extra = letter(both.table, {"pid": {"S": "p50"}, "sid": {"N": "50000"}}, delete=True)
    outcome = tried(sides, RunHere(check, tmp_path), settings(), extra)
    assert (outcome.marks, list(outcome.refused.values())) == ([], [1])
