"""The check with MongoDB as the target, for every form of documents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, Dict, List, Tuple

import pytest
from bson import ObjectId
from bson.int64 import Int64

from connectors.base.errors import ConfigError, PreflightError
from connectors.check import validate as before_check
from connectors.check.report.summary import Verdict
from connectors.check.validate import validate
from connectors.config.settings import Settings
from connectors.targets.mongodb.pages import CollectionPages, bounds_of
from connectors.targets.mongodb.typed import REFUSED, TWICE
from local.verify import Documents
from tests.integration.check.conftest import MakeCheck, item_of, key_of, shown
from tests.integration.check.test_damage import kinds, lines, parts_of_chosen, reported
from tests.integration.forward.conftest import SERVERS, MakeJob, job  # noqa: F401 - a fixture
from tests.integration.forward.tables import Item, Sides

FORMS = tuple(name for name in SERVERS if name.startswith("mongodb"))
every_form = pytest.mark.parametrize("target", FORMS, indirect=True)
plain = pytest.mark.parametrize("target", ["mongodb, change"], indirect=True)
by_key = pytest.mark.parametrize("target", ["mongodb, change, key"], indirect=True)


class Copied:
    """A table whose items the forward job has copied, and ways to damage the copy's documents."""

    def __init__(self, sides: Sides, job: MakeJob, count: int = 60, **more: Item) -> None:  # noqa: F811
        assert isinstance(sides.target, Documents)
        # The local server orders documents that hold longs in one way and compares them in another.
        self.sort = "S" if sides.target.form == ("change", "key") else "N"
        self.sides, self.table = sides, sides.make("", "pid:S", f"sid:{self.sort}", stream=False)
        self.items = [{**item_of(number), "sid": {self.sort: str(number * 100)}} for number in range(count)]
        sides.put(self.table, *self.items, *more.values())
        running = job(mode="full")
        running.run_until(lambda: running.completion.complete)
        self.documents = sides.target.database[self.table]
        self.raw = sides.target.form[0] == "raw"

    def filter(self, number: int) -> Dict[str, Any]:
        pid, sid = self.items[number]["pid"]["S"], self.items[number]["sid"][self.sort]
        if self.raw:
            return {"pid.S": pid, f"sid.{self.sort}": sid}
        return {"pid": pid, "sid": int(sid) if self.sort == "N" else sid}

    def damage(self, number: int, **attributes: Any) -> str:
        assert self.documents.update_one(self.filter(number), {"$set": attributes}).modified_count == 1
        return shown(self.items[number])

    def lose(self, number: int) -> str:
        assert self.documents.delete_one(self.filter(number)).deleted_count == 1
        return shown(self.items[number])

    def orphan(self, number: int) -> str:
        """Delete the item, but not its document."""
        self.sides.delete(self.table, key_of(self.items[number]))
        return shown(self.items[number])


@every_form
def test_damage_of_every_kind_is_found_and_nothing_else(
    sides: Sides,
    job: MakeJob,  # noqa: F811
    check: MakeCheck,
) -> None:
    copied = Copied(sides, job)
    running = check(scan__segments=3, scan__limit=10)
    summary = running.run()
    assert (summary.verdict, lines(running)) == (Verdict.EQUAL, [])
    [table] = summary.tables
    assert (table.source_items, table.target_items, table.equal, table.settled) == (60, 60, 60, 0)
    other = {"S": "other"} if copied.raw else "other"
    expected = {
        copied.lose(3): "missing",
        copied.orphan(5): "extra",
        copied.damage(10, name=other): "different",
        copied.damage(20, **{"more": {"NULL": True} if copied.raw else True}): "different",
        copied.damage(30, count={"S": "1"} if copied.raw else "1"): "different",
        copied.damage(40, **{"blob.B" if copied.raw else "blob": b"\0"}): "different",
    }
    running = check(scan__segments=3, scan__limit=10)
    summary = running.run()
    assert kinds(running) == expected
    [table] = summary.tables
    assert (table.missing, table.extra, table.different, table.equal) == (1, 1, 4, 54)
    different = reported(running)[shown(copied.items[10])]["attributes"]
    assert different == {"name": {"source": {"S": "name 10"}, "target": {"S": "other"}}}
    assert summary.target.system == "MongoDB"


@every_form
def test_repair_writes_the_sources_items_and_deletes_extra_ones_on_request(
    sides: Sides,
    job: MakeJob,  # noqa: F811
    check: MakeCheck,
) -> None:
    copied = Copied(sides, job)
    lost, changed = copied.lose(3), copied.damage(10, name={"S": "other"} if copied.raw else "other")
    extra = copied.orphan(5)
    running = check(check__repair="true")
    summary = running.run()
    assert {key: line.get("repaired", False) for key, line in reported(running).items()} == {
        lost: True,
        changed: True,
        extra: False,
    }
    assert (summary.repair.write, summary.repair.delete, summary.repair.keep) == (2, 0, 1)
    assert copied.documents.count_documents(copied.filter(5)) == 1
    assert check(check__repair="true", check__deleteExtra="true").run().verdict is Verdict.EQUAL
    assert sides.verdict([copied.table]).equal
    assert check().run().totals.equal == 59


@plain
def test_documents_that_have_no_key_of_the_table_are_extra_and_named_by_their_id(
    sides: Sides,
    job: MakeJob,  # noqa: F811
    check: MakeCheck,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    copied = Copied(sides, job, 20)
    identity = ObjectId()
    copied.documents.insert_many([{"_id": identity, "v": 2.5}, {"_id": "x", "pid": "p", "sid": 5.0}])
    lost = copied.lose(7)
    running = check(check__repair="true", check__deleteExtra="true", scan__segments=2)
    summary = running.run()
    found = {json.dumps(line["key"]): line["kind"] for line in lines(running) if "_id" in line["key"]}
    assert found == {json.dumps({"_id": {"$oid": str(identity)}}): "extra", '{"_id": "x"}': "extra"}
    assert (summary.totals.extra, summary.totals.repaired, summary.repair.refused) == (2, 1, 2)
    earlier = tmp_path / "earlier.jsonl"
    earlier.write_bytes((Path(running.components.job.report) / "report.jsonl").read_bytes())
    again = check(check__keys=str(earlier), components=parts_of_chosen).run()
    assert (again.totals.compared, again.totals.equal) == (1, 1), lost
    assert "2 lines name documents by _id" in capsys.readouterr().err


@plain
def test_items_that_cannot_become_documents_are_missing_and_the_reason_is_reported(
    sides: Sides,
    job: MakeJob,  # noqa: F811
    check: MakeCheck,
) -> None:
    both = {**item_of(70), "_id": {"N": "1"}, "pre_id": {"N": "2"}}
    long = {**item_of(71), "long": {"N": "9" * 38}}
    copied = Copied(sides, job, 20, both=both, long=long)
    running = check()
    running.run()
    assert kinds(running) == {shown(both): "missing"}
    [line] = lines(running)
    assert "idPrefix" in line["source"][REFUSED]["S"]
    running = check(mongodb__longNumbers="deadLetter", check__repair="true")
    summary = running.run()
    # All of these items have a number of 38 digits.
    different = dict.fromkeys(map(shown, [*copied.items, long]), "different")
    assert kinds(running) == {shown(both): "missing", **different}
    assert summary.repair.refused == 22
    assert copied.documents.count_documents({}) == 21


@plain
def test_documents_with_the_same_key_are_reported_with_their_number_and_the_index_that_prevents_them(
    sides: Sides,
    job: MakeJob,  # noqa: F811
    check: MakeCheck,
) -> None:
    copied = Copied(sides, job, 20)
    copied.documents.drop_index("pid_1_sid_1")
    document = copied.documents.find_one(copied.filter(4))
    copied.documents.insert_one({**document, "_id": ObjectId(), "name": "second"})  # type: ignore[dict-item]
    running = check()
    [table] = running.run().tables
    assert table.schema_differences == ["the unique index on pid, sid is missing at the target"]
    [line] = lines(running)
    assert line["attributes"][TWICE]["target"] == {"N": "2"}


@plain
def test_tables_and_collections_on_one_side_only_are_missing_or_extra_with_all_their_items(
    sides: Sides,
    job: MakeJob,  # noqa: F811
    check: MakeCheck,
    settings: Callable[..., Settings],
) -> None:
    copied = Copied(sides, job, 20)
    assert isinstance(sides.target, Documents)
    database, other = sides.target.database, sides.name("_other")
    database[other].insert_many([{"v": number} for number in range(5)])
    aside = f"{copied.table}_20261122101112"
    database[aside].insert_one({"v": "put aside"})
    sides.make("_new", "id:S", stream=False)
    sides.put(sides.name("_new"), {"id": {"S": "a"}}, {"id": {"S": "b"}})
    left_out = validate(settings(filter__whiteTableSet=copied.table))
    assert other in left_out
    assert aside not in left_out
    found = {table.table: table for table in check().run().tables}
    assert {name: (each.missing, each.extra, each.equal) for name, each in found.items()} == {
        copied.table: (0, 0, 20),
        other: (0, 5, 0),
        sides.name("_new"): (2, 0, 0),
    }
    assert found[other].schema_differences == ["the collection exists at the target only"]
    assert found[sides.name("_new")].schema_differences == ["the table is missing at the target"]


@by_key
def test_a_sample_and_chosen_keys_are_looked_up_on_both_sides(
    sides: Sides,
    job: MakeJob,  # noqa: F811
    check: MakeCheck,
    tmp_path: Path,
) -> None:
    copied = Copied(sides, job)
    summary = check(check__sample=20).run()
    assert summary.verdict is Verdict.EQUAL
    assert 20 <= summary.totals.compared <= 40
    lost, extra = copied.lose(3), copied.orphan(5)
    whole = check(check__sample=1000)
    assert (whole.run().totals.compared, kinds(whole)) == (60, {lost: "missing", extra: "extra"})
    earlier = tmp_path / "earlier.jsonl"
    earlier.write_bytes((Path(whole.components.job.report) / "report.jsonl").read_bytes())
    again = check(check__keys=str(earlier), components=parts_of_chosen)
    assert (again.run().totals.compared, kinds(again)) == (2, {lost: "missing", extra: "extra"})


@plain
def test_after_a_crash_the_check_resumes_from_the_checkpoint_and_reports_the_same(
    sides: Sides,
    job: MakeJob,  # noqa: F811
    check: MakeCheck,
) -> None:
    copied = Copied(sides, job, 200)
    expected = {copied.lose(3): "missing", copied.damage(120, name="x"): "different"}
    running = check(scan__limit=10, scan__segments=2)
    for wanted in (10, 30):
        running.run_until(
            lambda wanted=wanted: (running.emitted and running.turns > wanted) or running.summary
        )
        running.checkpoint()
        running.crash()
    summary = running.run()
    assert kinds(running) == expected
    assert (summary.totals.source_items, summary.totals.target_items) == (200, 199)


@plain
@pytest.mark.parametrize("ranges", [1, 3, 8])
def test_ranges_contain_every_document_once_whatever_the_types_of_their_ids(
    sides: Sides, ranges: int, check: MakeCheck
) -> None:
    assert isinstance(sides.target, Documents)
    collection = sides.target.database["ranges"]
    identities: List[Any] = [*range(40), *(f"t{n}" for n in range(40)), {"a": "b"}, b"x", 2.5, None, True]
    collection.insert_many([{"_id": identity} for identity in identities])
    collection.insert_many([{"v": n} for n in range(100)])
    bounds = [b"", *bounds_of(collection, ranges), b""]
    assert len(bounds) == ranges + 1
    found: List[Tuple[bytes, ...]] = []
    for start, until in zip(bounds, bounds[1:]):
        pages, key = CollectionPages(collection, start, until, 7), b""
        while True:
            page = pages.after(key)
            found += map(bytes, page.Items)
            key = bytes(page.LastEvaluatedKey)
            if not key:
                break
    assert len(found) == len(set(found)) == 185


@plain
@pytest.mark.parametrize(
    ("sets", "problem"),
    [
        ({"mongodb__uri": "mongodb://127.0.0.1:9"}, r"mongodb\.uri cannot be reached"),
        ({"mongodb__convert": "raw"}, "not of the configured form"),
        ({"filter__whiteTableSet": "there_is_no_such_table"}, "there_is_no_such_table"),
    ],
)
def test_a_table_that_cannot_be_checked_is_reported_before_the_job_starts(
    sides: Sides,
    job: MakeJob,  # noqa: F811
    settings: Callable[..., Settings],
    sets: Dict[str, str],
    problem: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Copied(sides, job, 5)
    if "mongodb__uri" in sets:
        monkeypatch.setattr(before_check, "ANSWER_SECONDS", 1.0)
        monkeypatch.setattr(type(settings().mongodb), "address", property(_nowhere))
    with pytest.raises(PreflightError, match=problem):
        validate(settings(**sets))


def _nowhere(mongodb: Any) -> Any:
    from connectors.base.secret import Secret

    return Secret("mongodb://127.0.0.1:9")


@plain
def test_the_check_has_no_reverse_direction_with_mongodb(settings: Callable[..., Settings]) -> None:
    with pytest.raises(ConfigError, match=r"check\.direction: can be reverse only with target: polardb"):
        settings(check__direction="reverse")


@plain
def test_a_number_that_another_program_has_spelled_otherwise_is_equal(
    sides: Sides,
    job: MakeJob,  # noqa: F811
    check: MakeCheck,
) -> None:
    copied = Copied(sides, job, 10)
    copied.damage(2, count=1)
    copied.documents.update_one(copied.filter(2), {"$set": {"count": Int64(1)}})
    assert check().run().totals.equal == 10
