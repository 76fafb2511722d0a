from __future__ import annotations

from typing import Any

import pytest
import yaml

from connectors.base.errors import ConfigError
from connectors.config import load
from connectors.config.core_schema import CoreLoader


@pytest.mark.parametrize(
    ("path", "text", "value"),
    [
        ("polardb.port", "05432", 5432),
        ("polardb.port", "0x1538", 5432),
        ("polardb.port", "0o12470", 5432),
        ("polardb.port", "+5432", 5432),
        ("readers", "010", 10),
        ("readers", "08", 8),
        ("readers", "1e1", 10),
        ("readers", "8.0", 8),
        ("readers", "1.2e1", 12),
        ("parallelism", "1E3", 1000),
        ("write.limit", "1e3", 1000.0),
        ("write.limit", ".5", 0.5),
        ("write.limit", "5.", 5.0),
        ("write.limit", "010.50", 10.5),
        ("polardb.database", "2024-01-01", "2024-01-01"),
        ("polardb.database", "2024-99-99", "2024-99-99"),
        ("polardb.database", "10:00", "10:00"),
        ("polardb.database", "010", "010"),
        ("polardb.database", "no", "no"),
        ("polardb.database", "1_000", "1_000"),
        ("polardb.database", "0b11", "0b11"),
        ("polardb.database", "=", "="),
        ("filter.white_table_set", "[2024-01-01, 010, off, 1e3, 0o17]", None),
    ],
)
def test_a_value_means_what_a_person_reads(path: str, text: str, value: object) -> None:
    key = path.replace("white_table_set", "whiteTableSet")
    loaded: Any = load([f"--set={key}={text}"], {})
    for name in path.split("."):
        loaded = getattr(loaded, name)
    assert loaded == (value if value is not None else ("2024-01-01", "010", "off", "1e3", "0o17"))


@pytest.mark.parametrize("text", ["true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "oN", "'true'"])
def test_every_way_of_saying_yes_is_true(text: str) -> None:
    assert load([f"--set=scan.consistentRead={text}"], {}).scan.consistent_read is True


@pytest.mark.parametrize("text", ["false", "False", "FALSE", "no", "No", "NO", "off", "Off", "'no'"])
def test_every_way_of_saying_no_is_false(text: str) -> None:
    assert load([f"--set=tables.createIndexes={text}"], {}).tables.create_indexes is False


@pytest.mark.parametrize(
    ("argument", "path", "value"),
    [
        ("mode=All", "mode", "all"),
        ("mode=FULL", "mode", "full"),
        ("target=MongoDB", "target", "mongodb"),
        ("tables.existing=Recreate", "tables.existing", "recreate"),
        ("mongodb.documentId=ObjectId", "mongodb.document_id", "objectId"),
        ("mongodb.longNumbers=DEADLETTER", "mongodb.long_numbers", "deadLetter"),
        ("scan.segments=Auto", "scan.segments", None),
        ("scan.segments=16", "scan.segments", 16),
    ],
)
def test_the_case_of_a_choice_does_not_matter(argument: str, path: str, value: object) -> None:
    loaded: Any = load([f"--set={argument}"], {})
    for name in path.split("."):
        loaded = getattr(loaded, name)
    assert loaded == value


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("{N: 3}", {"N": "3"}),
        ("{N: 010}", {"N": "010"}),
        ("{N: 1e3}", {"N": "1e3"}),
        ("{N: 12345678901234567890123456789012345678}", {"N": "12345678901234567890123456789012345678"}),
        ("{S: yes}", {"S": "yes"}),
        ("{S: true}", {"S": "true"}),
        ("{S: 2024-01-01}", {"S": "2024-01-01"}),
        ("{S: ''}", {"S": ""}),
        ("{BOOL: yes}", {"BOOL": True}),
        ("{BOOL: Off}", {"BOOL": False}),
        ("{NULL: true}", {"NULL": True}),
        ("{NS: [1, 2.50]}", {"NS": ["1", "2.50"]}),
        ("{M: {a: {L: [{N: 1}]}}}", {"M": {"a": {"L": [{"N": "1"}]}}}),
    ],
)
def test_values_of_a_filter_expression_are_taken_as_they_are_spelled(written: str, value: object) -> None:
    arguments = ["--set=scan.filterExpression=a = :v", f"--set=scan.values={{':v': {written}}}"]
    assert load(arguments, {}).scan.values == {":v": value}


def test_relations_of_the_reverse_job_keep_their_spelling() -> None:
    made = load(["--set=reverse.relations={public.a: {table: 2024, document: 1e3, keys: {id: no}}}"], {})
    assert made.reverse.relations == {"public.a": {"table": "2024", "document": "1e3", "keys": {"id": "no"}}}


@pytest.mark.parametrize(
    "tag", ["!!python/object/apply:os.system [ls]", "!!python/name:os.system", "!!binary aGk="]
)
def test_a_tag_makes_nothing(tag: str) -> None:
    with pytest.raises(yaml.YAMLError):
        yaml.load(tag, CoreLoader)


@pytest.mark.parametrize("value", ["a #b", "#b", "[a, b] # both", " #"])
def test_a_value_of_an_argument_is_never_cut_at_a_comment(value: str) -> None:
    with pytest.raises(ConfigError, match=r"polardb\.database: YAML takes what follows # for a comment"):
        load([f"--set=polardb.database={value}"], {})


@pytest.mark.parametrize("value", ["a#b", '"a#b"', "'a#b'"])
def test_a_number_sign_within_a_word_is_part_of_the_value(value: str) -> None:
    assert load([f"--set=polardb.database={value}"], {}).polardb.database == "a#b"
