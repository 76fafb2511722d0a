"""The storage port on a real S3 interface: MiniStack's."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterator, List

import pytest

from connectors.base.errors import PreflightError, TerminalError, TransientError
from connectors.check.report.difference import DifferenceKind
from connectors.check.report.stored import open_report, stored_differences
from connectors.command.table.placing import open_commands
from connectors.config import Settings, load
from connectors.dynamodb.write.from_settings import dead_letters
from connectors.engine.enumerator.command_watch import LOOK_SECONDS, CommandWatch, WatchedJob
from connectors.engine.enumerator.observations import Commanded
from connectors.model.commands import Action, OperatorCommand, StoredCommands
from connectors.model.dead_letters import DeadLetter
from connectors.model.writes import Write
from connectors.storage import s3
from connectors.storage.contract import Storage, content
from connectors.storage.open import open_storage
from connectors.storage.probe import probe
from local.stack.home import Home
from local.stack.source import MiniStack, servers_folder
from tests.fakes.clock import FakeClock
from tests.fakes.differences import difference, equal, summary
from tests.unit.connectors.engine.enumerator.test_commands import Desk

BUCKET = "durable-places"
ONE = difference(DifferenceKind.MISSING)
LETTER = DeadLetter(Write("orders", b'{"id":{"N":"1"}}', True, "segment 1 of 1"), "too large")


class MiniStackS3(MiniStack):
    def variables(self) -> Dict[str, str]:
        return {**super().variables(), "SERVICES": "s3,dynamodb"}


@pytest.fixture(scope="module")
def server(home: Home) -> Iterator[str]:
    if not (servers_folder() / "ministack").exists():
        pytest.skip("MiniStack needs Python 3.10")
    with MiniStackS3(home, "storage") as running:
        s3.client_of(settings_of(running.address)).create_bucket(Bucket=BUCKET)
        yield running.address


def settings_of(address: str, **sets: Any) -> Settings:
    argv = [f"--set=storage.endpoint={address}", "--set=storage.region=us-east-1"]
    argv += [f"--set={name.replace('__', '.')}={value}" for name, value in sets.items()]
    return load([*argv, "--storageak=local", "--storagesk=local"], {})


@pytest.fixture
def storage(server: str, request: pytest.FixtureRequest) -> Storage:
    """A prefix for each test."""
    return open_storage(f"s3://{BUCKET}/{request.node.name}/in", "a test", settings_of(server))


def keys(server: str) -> List[str]:
    found = s3.client_of(settings_of(server)).list_objects_v2(Bucket=BUCKET)
    return [entry["Key"] for entry in found.get("Contents", ())]


def test_an_object_is_replaced_read_listed_and_deleted(storage: Storage) -> None:
    storage.write("b", [b"old\n"])
    storage.write("b", [b"new\n", b"er\n", b"torn"])
    storage.write("a", [])
    assert list(storage.lines("b")) == [b"new\n", b"er\n", b"torn"]
    assert (storage.names(), storage.names("b")) == (["a", "b"], ["b"])
    storage.delete("b")
    storage.delete("b")
    assert storage.names() == ["a"]
    assert list(storage.lines("b")) == []


def test_a_prefix_does_not_see_what_lies_below_it_or_next_to_it(server: str, storage: Storage) -> None:
    below = open_storage(f"{storage.place}/below", "a test", settings_of(server))
    beside = open_storage(f"{storage.place}-beside", "a test", settings_of(server))
    for other in (below, beside):
        other.write("x", [b"x"])
    assert storage.names() == []


def test_an_object_larger_than_one_request_arrives_as_it_was(storage: Storage) -> None:
    chunks = [bytes([65 + number]) * 1_000_000 for number in range(s3.IN_MEMORY // 1_000_000 + 2)]
    storage.write("large", chunks)
    assert content(storage, "large") == b"".join(chunks)


def test_a_log_is_whole_objects_and_a_full_one_is_followed_by_another(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "LOG_BYTES", 10)
    log = storage.log("dead-1")
    for line in (b"one\n", b"two\n", b"three\n"):
        log.append(line)
    log.close()
    assert storage.names() == ["dead-1-000001.jsonl", "dead-1-000002.jsonl"]
    assert content(storage, "dead-1-000001.jsonl") == b"one\ntwo\n"
    assert content(storage, "dead-1-000002.jsonl") == b"three\n"


def test_a_probe_leaves_nothing_behind(storage: Storage) -> None:
    probe(storage, "deadLetter.path")
    assert storage.names() == []


def test_dead_letters_are_in_the_bucket_when_add_returns(server: str) -> None:
    place = f"s3://{BUCKET}/letters"
    letters = dead_letters(settings_of(server, deadLetter__path=place))
    letters.add([LETTER])
    letters.add([LETTER])
    (name,) = [key for key in keys(server) if key.startswith("letters/")]
    assert name.startswith("letters/dead-")
    assert name.endswith("-000001.jsonl")
    storage = open_storage(place, "a test", settings_of(server))
    lines = list(storage.lines(name.split("/")[1]))
    assert [json.loads(line)["key"] for line in lines] == [{"id": {"N": "1"}}] * 2


def test_a_report_goes_to_the_bucket_with_its_summary_last(server: str) -> None:
    settings = settings_of(server)
    place = f"s3://{BUCKET}/report"
    report = open_report(place, settings)
    report.rewrite([])
    report.add([ONE])
    report.publish(summary(equal()))
    report.close()
    names = [key for key in keys(server) if key.startswith("report/")]
    assert names == ["report/report.html", "report/report.jsonl", "report/summary.json"]
    assert list(stored_differences(place, settings)) == [ONE]


def test_a_new_check_deletes_the_summary_of_the_one_before(server: str) -> None:
    place = f"s3://{BUCKET}/again"
    report = open_report(place, settings_of(server))
    report.rewrite([])
    report.publish(summary(equal()))
    open_report(place, settings_of(server)).rewrite([])
    assert "again/summary.json" not in keys(server)


def test_a_bucket_that_does_not_exist_is_refused_before_the_first_letter(server: str) -> None:
    with pytest.raises(PreflightError, match=r"deadLetter\.path: s3://nowhere-at-all/d.*NoSuchBucket"):
        dead_letters(settings_of(server, deadLetter__path="s3://nowhere-at-all/d"))


def test_a_server_that_does_not_answer_is_a_transient_error(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "ATTEMPTS", 1)
    storage = open_storage(f"s3://{BUCKET}/d", "a test", settings_of("http://127.0.0.1:9"))
    with pytest.raises(TransientError, match=r"s3://durable-places/d/x cannot be written.*storage\.endpoint"):
        storage.write("x", [b""])


def test_a_bucket_that_a_log_loses_is_reported_and_nothing_of_the_log_is_taken_as_stored(server: str) -> None:
    client = s3.client_of(settings_of(server))
    client.create_bucket(Bucket="short-lived")
    letters = dead_letters(settings_of(server, deadLetter__path="s3://short-lived/d"))
    client.delete_bucket(Bucket="short-lived")
    with pytest.raises(TerminalError, match="Nothing is lost"):
        letters.add([LETTER])
    client.create_bucket(Bucket="short-lived")
    letters.add([LETTER])
    storage = open_storage("s3://short-lived/d", "a test", settings_of(server))
    assert len(list(storage.lines(storage.names()[0]))) == 1


def test_a_command_to_a_running_job_is_placed_followed_and_answered_in_a_bucket(server: str) -> None:
    place = f"s3://{BUCKET}/letters"
    settings = settings_of(server, deadLetter__path=place)
    assert settings.control_place == f"{place}/control"
    desk, clock = Desk(), FakeClock()
    record = lambda: desk.rig.plans.commands.record  # noqa: E731
    there = lambda: StoredCommands(open_storage(f"{place}/control", "control.path", settings))  # noqa: E731
    watch = CommandWatch(there, WatchedJob("s", record), clock)
    operator = open_commands(settings)
    watch.round()
    name = operator.place_command(OperatorCommand(Action.SUSPEND, ["t"]))
    assert operator.answer(name) is None
    clock.now += LOOK_SECONDS
    (seen,) = watch.round()
    assert isinstance(seen, Commanded)
    desk.see(seen.name, seen.command)
    watch.round()
    answer = operator.answer(name)
    assert answer is not None
    assert answer.followed
    assert operator.reader() is not None
