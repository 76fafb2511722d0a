# ruff: noqa: E501 (the tables read better with one mistake a line)
from __future__ import annotations

from pathlib import Path
from typing import List

import pytest

from connectors.base.errors import ConfigError
from connectors.config import ConfigErrors, load


def message(tmp_path: Path, text: str) -> str:
    """The message for a file, without the name of the folder."""
    file = tmp_path / "application.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        load(["--config", str(file)], {})
    return str(raised.value).replace(f"{tmp_path}/", "")


FILES = {
    "a key that has moved": ("lanes: 4", "line 1: lanes: is not a known key (did you mean check.lanes?)"),
    "an unknown key": ("reader: 3", "line 1: reader: is not a known key (did you mean readers?)"),
    "an unknown key in a section": ("\nscan:\n  segmnts: 3", "line 3: scan.segmnts: is not a known key (did you mean scan.segments?)"),
    "a key of another section": ("slotName: x", "slotName: is not a known key (did you mean polardb.slotName?)"),
    "a key like no other": ("restart: {zzz: 1}", "restart.zzz: is not a known key. Allowed: attempts, initialDelaySeconds, maxDelaySeconds."),
    "text for a number": ("readers: many", "readers: must be a whole number from 1 to 128, not text"),
    "a quoted number": ("readers: '4'", "readers: must be a whole number from 1 to 128, not text"),
    "true for a number": ("readers: yes", "readers: must be a whole number from 1 to 128, not true or false"),
    "a fraction for a whole number": ("readers: 1.5", "readers: must be a whole number from 1 to 128, not a number"),
    "a number out of range": ("scan: {segments: 1000001}", "scan.segments: must be auto or a whole number from 1 to 1000000."),
    "a negative rate": ("write: {limit: -1}", "write.limit: must be a number from 0 to 1000000000"),
    "a rate that is no number": ("write: {limit: .nan}", "write.limit: must be a number"),
    "a rate beyond floats": ("write: {limit: 1" + "0" * 400 + "}", "write.limit: must be a number"),
    "a table that is never held": ("streams: {holdHours: 0}", "streams.holdHours: must be a number above 0 up to 20"),
    "a table that is held for a day": ("streams: {holdHours: 24}", "streams.holdHours: must be a number above 0 up to 20"),
    "a text for hours": ("streams: {holdHours: long}", "streams.holdHours: must be a number above 0 up to 20, not text"),
    "text for a flag": ("scan: {consistentRead: maybe}", "scan.consistentRead: must be true or false, not text"),
    "a list for text": ("dynamodb: {region: [a]}", "dynamodb.region: must be a region such as cn-north-1, not a list"),
    "a bad region": ("dynamodb: {region: a b}", "dynamodb.region: must be a region"),
    "a scalar for a section": ("scan: 5", "scan: must be a mapping of keys to values. Allowed: consistentRead"),
    "a list for a section": ("checkpoint: [1]", "checkpoint: must be a mapping"),
    "an unknown mode": ("mode: ful", "mode: is not an allowed value (did you mean full?). Allowed: all, full, incremental, schema."),
    "a target that is not known": ("target: mysql", "target: is not an allowed value. Allowed: mongodb, polardb."),
    "a connection string with a password": ("mongodb: {uri: 'mongodb://me:x@host'}", "mongodb.uri: must not contain"),
    "a connection string of another kind": ("mongodb: {uri: 'http://host'}", "mongodb.uri: must be a connection"),
    "MongoDB's way for another target": (
        "tables: {existing: rename}",
        "tables.existing: can be rename only with target: mongodb",
    ),
    "an unknown gap": ("streams: {gap: skip}", "streams.gap: is not an allowed value. Allowed: fail, rescan."),
    "a URL without a scheme": ("polardb: {endpoint: 'host:5432'}", "polardb.endpoint: must be a URL"),
    "a URL of another scheme": ("polardb: {endpoint: 'ftp://host'}", "polardb.endpoint: must be a URL"),
    "a URL with a path": ("polardb: {endpoint: 'http://host/a'}", "polardb.endpoint: must be a URL"),
    "a URL with a bad port": ("polardb: {endpoint: 'http://host:99999'}", "polardb.endpoint: must be a URL"),
    "a URL with an empty port": ("polardb: {endpoint: 'http://host:'}", "polardb.endpoint: must be a URL"),
    "a URL without a host": ("polardb: {endpoint: 'http://:80'}", "polardb.endpoint: must be a URL"),
    "a URL with a password": ("polardb: {endpoint: 'http://u:p@host'}", "polardb.endpoint: must not contain a user or a password"),
    "a port out of range": ("polardb: {port: 65536}", "polardb.port: must be a whole number from 1 to 65535"),
    "a slot name PostgreSQL refuses": ("polardb: {slotName: Flink-Slot}", "polardb.slotName: must be a slot name"),
    "both filters": ("filter: {whiteTableSet: abc, blackTableSet: xyz}", "line 1: filter.blackTableSet: and filter.whiteTableSet are both set"),
    "an open class in a glob": ("filter: {whiteTableSet: 'a[b'}", "filter.whiteTableSet: has a bad glob"),
    "a class that is closed only": ("filter: {whiteTableSet: 'a]b'}", "filter.whiteTableSet: has a bad glob"),
    "a backward range in a glob": ("filter: {whiteTableSet: ['[z-a]x']}", "filter.whiteTableSet: has a bad glob"),
    "a glob no table can match": ("filter: {blackTableSet: ['a b*']}", "filter.blackTableSet: has a bad glob"),
    "a table name too short": ("filter: {whiteTableSet: [ab]}", "filter.whiteTableSet: a table name has 3 to 255"),
    "a list within the filter": ("filter: {whiteTableSet: [[abc]]}", "filter.whiteTableSet: must be a list of table names"),
    "a mapping as the filter": ("filter: {whiteTableSet: {abc: 1}}", "filter.whiteTableSet: must be a list of table names"),
    "an unquoted glob": ("filter:\n  whiteTableSet:\n    - *_prod", "line 3: syntax: a value that begins with * or & must be in quotes"),
    "a name without its sign": ("scan: {names: {s: state}}", "scan.names: each key must be # followed by"),
    "a value that is not DynamoDB JSON": ("scan: {filterExpression: 'a = :v', values: {':v': 3}}", "scan.values: each value must be DynamoDB JSON"),
    "a list for an N": ("scan: {filterExpression: 'a = :v', values: {':v': {N: [3]}}}", "scan.values: a value does not match its type"),
    "hours for an N": ("scan: {filterExpression: 'a = :v', values: {':v': {N: 10:00}}}", "scan.values: a value does not match its type"),
    "an N that is no number": ("scan: {filterExpression: 'a = :v', values: {':v': {N: x}}}", "scan.values: a value does not match its type"),
    "a B that is not base64": ("scan: {filterExpression: 'a = :v', values: {':v': {B: '%'}}}", "scan.values: a value does not match its type"),
    "an empty set": ("scan: {filterExpression: 'a = :v', values: {':v': {SS: []}}}", "scan.values: a value does not match its type"),
    "a bad value within a list": ("scan: {filterExpression: 'a = :v', values: {':v': {L: [{N: x}]}}}", "scan.values: a value does not match its type"),
    "a placeholder without a value": ("scan: {filterExpression: 'a = :v'}", "scan.values: must define every :value that"),
    "a name without an expression": ("scan: {names: {'#s': state}}", "scan.names: must define every #name that"),
    "a time-out above the bound of retries": ("write: {retrySeconds: 10}", "write.requestTimeoutSeconds: must not be above write.retrySeconds"),
    "a first delay above the longest": ("restart: {initialDelaySeconds: 61}", "restart.initialDelaySeconds: must not be above"),
    "a key given twice": ("readers: 1\nparallelism: 2\nreaders: 3", "line 3: readers: is given twice, also at application.yaml, line 1"),
    "a list as the file": ("- a", "application.yaml: the whole file: must be a mapping"),
    "a mapping as a key": ("? {a: b}\n: c", "a key must be a plain word"),
    "broken YAML": ("scan:\n  limit: [1\nreaders: 2", "is not valid YAML"),
    "a tab": ("scan:\n\tlimit: 1", "line 2: syntax: is not valid YAML: found character '\\t'"),
    "two documents": ("readers: 1\n---\nreaders: 2", "is not valid YAML"),
    "a tag that would run code": ("mode: !!python/name:os.system all", "mode: is not a plain value"),
    "a tag that YAML has no use for here": ("polardb: {database: !!timestamp 2024-01-01}", "polardb.database: is not a plain value"),
    "a number of thousands of digits": ("readers: 1" + "0" * 5000, "line 1: readers: "),
    "hours for a number": ("checkpoint: {interval: 10:00}", "checkpoint.interval: must be a whole number from 100 to 3600000, not text"),
    "a number with underscores": ("readers: 1_0", "readers: must be a whole number from 1 to 128, not text"),
    "a binary number": ("readers: 0b11", "readers: must be a whole number from 1 to 128, not text"),
    "digits of another script": ("readers: ٣", "readers: must be a whole number from 1 to 128, not text"),
    "a fraction of a million": ("checkpoint: {interval: 1.00005e4}", "checkpoint.interval: must be a whole number from 100 to 3600000, not a number"),
    "a power beyond any memory": ("readers: 1e999999999", "readers: must be a whole number"),
    "another power": ("readers: 1e300", "readers: must be a whole number"),
    "infinity": ("readers: .inf", "readers: must be a whole number"),
    "one for true": ("scan: {consistentRead: 1}", "scan.consistentRead: must be true or false, not a whole number"),
    "a key given twice in a flow mapping": ("scan: {limit: 1, limit: 2}", "line 1: scan.limit: is given twice"),
    "a merge key": ("scan: {<<: {limit: 1}}", "scan.?: is not a known key"),
    "null for a value": ("scan: {filterExpression: 'a = :v', values: {':v': {N: null}}}", "scan.values: a value does not match its type"),
    "a NULL that is false": ("scan: {filterExpression: 'a = :v', values: {':v': {NULL: no}}}", "scan.values: NULL takes true only"),
    "two types for a value": ("scan: {filterExpression: 'a = :v', values: {':v': {N: 3, S: a}}}", "scan.values: each value must be DynamoDB JSON"),
    "a key in the file": ("dynamodb: {ak: x}", "dynamodb.ak: is a secret and must not be in the file; give it as an argument or in the environment: --dynamodbak (POLARSHAKE_DYNAMODB_AK)"),
    "a password in the file": ("polardb: {password: x}", "--polardbpassword (POLARSHAKE_POLARDB_PASSWORD)"),
    "an AWS secret in the file": ("dynamodb: {secretAccessKey: x}", "dynamodb.secretAccessKey: is a secret"),
    "a password in the older file": ("source: {hostname: a, password: x}", "source.password: is a secret"),
    "an older name for a secret in the older file": ("target: {AccessKeyId: x}", "target.AccessKeyId: is a secret and must not be in the file; give it as an argument or in the environment: --dynamodbak"),
    "a word that only ends like a secret": ("checkpoint: {disk: x}", "checkpoint.disk: is not a known key. Allowed: interval."),
    "a secret at the top": ("dynamodbsk: x", "dynamodbsk: is a secret"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", FILES)
def test_a_mistake_in_the_file_is_one_error_with_line_key_and_remedy(tmp_path: Path, mistake: str) -> None:
    text, expected = FILES[mistake]
    said = message(tmp_path, text)
    assert expected in said
    assert said.startswith("application.yaml")


ARGUMENTS = {
    "an unknown argument": (["--confg", "x"], "argument 1: is not known (did you mean --config?)"),
    "an abbreviated argument": (["--conf", "x"], "argument 1: is not known (did you mean --config?)"),
    "a key of the file as an argument": (["--scan.segments=3"], "argument 1: is not known (did you mean --set scan.segments=VALUE?)"),
    "a value without an option": (["x"], "argument 1: is not known; every value needs an option before it"),
    "an option like no other": (["--zzzzzz"], "argument 1: is not known; -h shows what is allowed"),
    "an option without its value": (["--config"], "--config: needs a value"),
    "an option in place of a value": (["--dynamodbak", "--dynamodbsk", "x"], "--dynamodbak: needs a value"),
    "a value to the help": (["--help=x"], "cannot be understood"),
    "a set without a value": (["--set", "readers"], "--set number 1: its value: must be KEY=VALUE"),
    "a set of an unknown key": (["--set", "scan.segmnts=3"], "--set number 1: scan.segmnts: is not a known key (did you mean scan.segments?)"),
    "a set of a key like no other": (["--set", "foo.bar=1"], "--set number 1: foo: is not a known key"),
    "a set of an unknown key in a section": (["--set", "restart.zzz=1"], "--set number 1: restart.zzz: is not a known key. Allowed: attempts"),
    "a set below a key": (["--set", "readers.x=3"], "--set number 1: readers: must be a whole number"),
    "a set of the wrong type": (["--set", "readers=3", "--set", "readers=x"], "--set number 2: readers: must be a whole number"),
    "a set of broken YAML": (["--set", "readers=[1"], "--set number 1: readers: is not valid YAML"),
    "a set of an unquoted glob": (["--set", "filter.whiteTableSet=*_x"], "filter.whiteTableSet: a value that begins with * or & must be in quotes"),
    "a set of a secret": (["--set", "dynamodb.sk=x"], "--set number 1: dynamodb.sk: is a secret and must not be in the file"),
    "an older name as a set": (["--set", "source.hostname=x"], "--set number 1: source: is not a known key"),
    "a file that is not there": (["--config", "/none/such.yaml"], "/none/such.yaml: cannot be read: No such file or directory"),
    "a folder as the file": (["--config", "/"], "/: cannot be read: Is a directory"),
    "one key of two": (["--dynamodbak", "x"], "--dynamodbsk or POLARSHAKE_DYNAMODB_SK: is missing, while --dynamodbak"),
    "the other key of two": (["--polardbsk", "x"], "--polardbak or POLARSHAKE_POLARDB_AK: is missing, while --polardbsk"),
    "a user without a password": (["--polardbusername", "x"], "--polardbpassword or POLARSHAKE_POLARDB_PASSWORD: is missing"),
    "an empty key": (["--dynamodbak", "", "--dynamodbsk", "x"], "arguments: --dynamodbak: is empty"),
    "a key with a line end": (["--dynamodbak", "x\n", "--dynamodbsk", "x"], "--dynamodbak: contains control"),
    "keys and a profile": (["--dynamodbak", "x", "--dynamodbsk", "y", "--set", "dynamodb.profile=p"], "dynamodb.profile: is set and keys are given too"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", ARGUMENTS)
def test_a_mistake_in_the_arguments_is_one_error_that_names_the_argument(mistake: str) -> None:
    argv, expected = ARGUMENTS[mistake]
    with pytest.raises(ConfigError) as raised:
        load(argv, {})
    assert expected in str(raised.value)


TOKEN_ALONE = {"POLARSHAKE_DYNAMODB_SESSION_TOKEN": "t"}


def test_a_session_token_without_its_keys_misses_both() -> None:
    with pytest.raises(ConfigErrors) as raised:
        load([], TOKEN_ALONE)
    assert [error.key.split()[0] for error in raised.value.errors] == ["--dynamodbak", "--dynamodbsk"]


def test_a_variable_with_white_space_is_named_as_the_variable() -> None:
    environ = {"POLARSHAKE_POLARDB_AK": "a", "POLARSHAKE_POLARDB_SK": "b\n"}
    with pytest.raises(ConfigError, match="environment: POLARSHAKE_POLARDB_SK: contains control"):
        load([], environ)


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"mode: \xff\xfe\x00")
    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        load(["--config", str(file)], {})


def test_several_mistakes_are_reported_at_once_and_separately(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("readers: x\nmode: y\n")
    with pytest.raises(ConfigErrors) as raised:
        load(["--config", str(file), "--dynamodbak", "x", "--set", "parallelism=0"], {})
    keys: List[str] = [error.key for error in raised.value.errors]
    assert keys[:3] == ["readers", "mode", "parallelism"]
    assert len(keys) == 4
    assert str(raised.value).startswith("4 mistakes in the configuration:\n")
    assert all(str(error) in str(raised.value) for error in raised.value.errors)
    assert raised.value.key == "readers"
