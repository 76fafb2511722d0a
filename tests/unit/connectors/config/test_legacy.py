from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from connectors.base.errors import ConfigError
from connectors.config import Settings, load

GUIDE = """\
source:
  hostname: pc-xxx.pg.polardb.rds.aliyuncs.com
  port: 5433
  slotName: other_slot
target:
  region: cn-north-1
filter:          # only one of the two
  whiteTableSet:
  blackTableSet:
checkpoint:
  interval: 3000 # milliseconds
"""
ARGUMENTS = ["--polardbusername", "u", "--polardbpassword", "p", "--dynamodbak", "a", "--dynamodbsk", "s"]


def load_text(tmp_path: Path, text: str, *arguments: str) -> Settings:
    file = tmp_path / "application.yaml"
    file.write_text(text)
    return load(["--config", str(file), *arguments], {})


def test_the_guides_own_file_and_arguments_load_unchanged(tmp_path: Path) -> None:
    made = load_text(tmp_path, GUIDE, *ARGUMENTS)
    expected = load(ARGUMENTS, {})
    assert made == replace(
        expected,
        dynamodb=replace(expected.dynamodb, region="cn-north-1"),
        polardb=replace(
            expected.polardb,
            hostname="pc-xxx.pg.polardb.rds.aliyuncs.com",
            port=5433,
            slot_name="other_slot",
        ),
        checkpoint=replace(expected.checkpoint, interval=3000),
    )


def test_an_argument_in_todays_names_wins_over_the_older_file(tmp_path: Path) -> None:
    made = load_text(tmp_path, GUIDE, "--set", "polardb.port=6000", "--set", "target=polardb")
    assert (made.polardb.port, made.polardb.slot_name, made.target) == (6000, "other_slot", "polardb")


def test_the_older_file_may_contain_keys_of_this_project_too(tmp_path: Path) -> None:
    made = load_text(tmp_path, GUIDE + "polardb: {database: mine}\nreaders: 2\n")
    assert (made.polardb.database, made.polardb.port, made.readers) == ("mine", 5433, 2)


def test_a_target_that_is_a_word_is_todays_key(tmp_path: Path) -> None:
    assert load_text(tmp_path, "target: polardb\n") == Settings()


@pytest.mark.parametrize("text", ["source:\n", "target:\n", "source: {}\ntarget: {}\n"])
def test_empty_older_sections_change_nothing(tmp_path: Path, text: str) -> None:
    assert load_text(tmp_path, text) == Settings()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("source: {port: x}", "line 1: source.port: must be a whole number from 1 to 65535, not text"),
        ("source: {slotname: x}", "source.slotname: is not a known key (did you mean source.slotName?)"),
        ("target: {zzz: x}", "target.zzz: is not a known key; other keys of dynamodb belong under dynamodb:"),
        ("source: 5", "source: must be a mapping of keys to values. Allowed: hostname, port, slotName."),
        ("source: {port: 1}\npolardb: {port: 2}", "line 1: source.port: and polardb.port are the same key"),
        ("target: {region: a}\ndynamodb: 5", "line 2: dynamodb: must be a mapping"),
    ],
)
def test_a_mistake_in_the_older_file_keeps_the_names_of_the_file(
    tmp_path: Path, text: str, expected: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        load_text(tmp_path, text)
    assert expected in str(raised.value)
