from __future__ import annotations

from pathlib import Path
from typing import Tuple

import pytest

from connectors.base.errors import ConfigError
from connectors.base.secret import Secret
from connectors.config import AccessKey, Login, Settings, load, require

ENVIRONMENT = {
    "POLARSHAKE_DYNAMODB_AK": "env-ak",
    "POLARSHAKE_DYNAMODB_SK": "env-sk",
    "POLARSHAKE_DYNAMODB_SESSION_TOKEN": "env-token",
}


def key(access_key_id: str, secret: str, token: str = "") -> AccessKey:
    return AccessKey(Secret(access_key_id), Secret(secret), Secret(token) if token else None)


def test_without_arguments_and_environment_every_default_holds() -> None:
    assert load([], {}) == Settings()


def test_the_file_wins_over_the_default_and_an_argument_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("readers: 4\nscan:\n  limit: 7\n  segments: 3\n")
    made = load(["--config", str(file), "--set", "scan.limit=9"], {})
    assert (made.readers, made.scan.limit, made.scan.segments, made.check.lanes) == (4, 9, 3, 4)


def test_the_last_of_two_set_arguments_wins() -> None:
    assert load(["--set", "readers=3", "--set", "readers=5"], {}).readers == 5


def test_a_whole_section_given_as_an_argument_is_merged_key_by_key(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("scan: {limit: 7, segments: 3}\n")
    made = load(["--config", str(file), "--set", "scan={limit: 9}"], {})
    assert (made.scan.limit, made.scan.segments) == (9, 3)


def test_an_empty_value_means_the_default_also_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("dynamodb: {endpoint: 'http://localhost:8000'}\nscan:\nreaders: ''\n")
    made = load(["--config", str(file), "--set", "dynamodb.endpoint="], {})
    assert made == Settings()


def test_without_keys_the_default_chain_is_left_to_answer() -> None:
    assert load([], {"AWS_ACCESS_KEY_ID": "x"}).dynamodb.access_key is None


def test_keys_come_from_the_environment() -> None:
    assert load([], ENVIRONMENT).dynamodb.access_key == key("env-ak", "env-sk", "env-token")


def test_a_pair_of_arguments_wins_whole_and_drops_the_environments_session_token() -> None:
    made = load(["--dynamodbak", "a", "--dynamodbsk", "b"], ENVIRONMENT)
    assert made.dynamodb.access_key == key("a", "b")


def test_one_argument_wins_over_its_own_variable_only() -> None:
    made = load(["--dynamodbsk", "b"], ENVIRONMENT)
    assert made.dynamodb.access_key == key("env-ak", "b", "env-token")


def test_an_empty_variable_counts_as_not_set() -> None:
    empty = dict.fromkeys(ENVIRONMENT, "")
    assert load([], empty).dynamodb.access_key is None


def test_a_password_may_begin_with_a_dash() -> None:
    made = load(["--polardbusername", "u", "--polardbpassword", "--p=x"], {})
    assert made.polardb.login == Login(Secret("u"), Secret("--p=x"))


def test_the_sides_do_not_share_keys() -> None:
    made = load(["--polardbak", "a", "--polardbsk", "b"], ENVIRONMENT)
    assert made.polardb.access_key == key("a", "b")
    assert made.dynamodb.access_key == key("env-ak", "env-sk", "env-token")
    assert made.polardb.login is None


def test_the_streams_endpoint_follows_the_endpoint_unless_set() -> None:
    assert load([], {}).dynamodb.streams_url is None
    one = ["--set", "dynamodb.endpoint=http://localhost:8000/"]
    assert load(one, {}).dynamodb.streams_url == "http://localhost:8000"
    two = [*one, "--set", "dynamodb.streamsEndpoint=http://localhost:9000"]
    assert load(two, {}).dynamodb.streams_url == "http://localhost:9000"


def test_help_ends_with_code_zero_and_shows_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        load(["-h"], {})
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert all(
        word in text for word in ["--config", "--set", "--dynamodbak", "--polardbpassword", "examples:"]
    )


def test_all_missing_settings_of_a_job_are_reported_at_once() -> None:
    with pytest.raises(ConfigError) as raised:
        require(Settings(), "polardb.endpoint", "polardb.accessKey")
    assert "polardb.endpoint" in str(raised.value)
    assert "--polardbak and --polardbsk" in str(raised.value)


@pytest.mark.parametrize("name", ["dynamodb.region", "polardb.endpoint", "polardb.hostname", "polardb.login"])
def test_each_need_is_missed_at_first_and_met_when_set(name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        require(Settings(), name)
    values = {"polardb.endpoint": "http://h:1"}
    arguments = ["--polardbusername", "u", "--polardbpassword", "p", "--polardbak", "a", "--polardbsk", "s"]
    if name != "polardb.login":
        arguments += ["--set", f"{name}={values.get(name, 'somewhere')}"]
    require(load(arguments, {}), name, "polardb.accessKey")


FILTERED = """\
filter: {whiteTableSet: [orders]}
tables: {existing: recreate}
scan: {filterExpression: "#a = :v", names: {"#a": a}, values: {":v": {N: 1}}}
"""


@pytest.mark.parametrize(
    "argument",
    [
        "filter.whiteTableSet=",
        "filter.whiteTableSet= ",
        "filter.whiteTableSet=''",
        "filter.whiteTableSet=[]",
        "filter.whiteTableSet=;",
        "filter.whiteTableSet=~",
        "filter.whiteTableSet=null",
        "filter={whiteTableSet: }",
        "filter=",
        "filter=null",
        "scan.filterExpression=",
        "scan=",
    ],
)
def test_an_argument_that_empties_a_filter_of_the_file_is_refused(tmp_path: Path, argument: str) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(FILTERED)
    with pytest.raises(ConfigError, match=r"--set number 1: .* is empty here but is set in .*a.yaml, line "):
        load(["--config", str(file), "--set", argument], {})


def test_a_black_list_is_not_emptied_either_and_an_earlier_argument_counts_as_a_file_does() -> None:
    with pytest.raises(
        ConfigError, match=r"--set number 2: filter.blackTableSet: is empty here but is set in --set"
    ):
        load(["--set", "filter.blackTableSet=orders", "--set", "filter.blackTableSet="], {})


@pytest.mark.parametrize(
    ("argument", "tables"),
    [
        ("filter.whiteTableSet='*'", ("*",)),
        ("filter.whiteTableSet=users", ("users",)),
        ("filter={}", ("orders",)),
        ("filter.blackTableSet=", ("orders",)),
    ],
)
def test_an_argument_that_names_other_tables_or_none_wins_or_changes_nothing(
    tmp_path: Path, argument: str, tables: Tuple[str, ...]
) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(FILTERED)
    assert load(["--config", str(file), "--set", argument], {}).filter.white_table_set == tables
