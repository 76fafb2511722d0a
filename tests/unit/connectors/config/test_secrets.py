from __future__ import annotations

import json
import pickle
from typing import Callable, Dict, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base.errors import ConfigError
from connectors.config import load
from connectors.config.credentials import SECRET_KEYS
from connectors.config.keys import as_mapping

# Unlike any word of a message, with the characters that YAML, argparse and paths care about.
SECRETS = st.from_regex(
    r"[-*&!%@#:=./+{}\[\]'\"\\ A-Za-z0-9]{0,8}QZX[0-9]{4}JKV[-*:=./+'\"A-Za-z0-9]{0,8}", fullmatch=True
).map(str.strip)


def core(secret: str) -> str:
    """The part of a secret that cannot appear by chance."""
    start = secret.index("QZX")
    return secret[start : start + 10]


@given(st.lists(SECRETS, min_size=len(SECRET_KEYS), max_size=len(SECRET_KEYS), unique_by=core))
def test_given_secrets_never_print_in_any_form(values: List[str]) -> None:
    argv = [f"{key.option}={value}" for key, value in zip(SECRET_KEYS, values)]
    made = load(argv, {})
    assert made == load([], {key.variable: value for key, value in zip(SECRET_KEYS, values)})
    forms = [repr(made), str(made), f"{made}", json.dumps(as_mapping(made))]
    forms.append(repr(pickle.loads(pickle.dumps(made))))
    for value in values:
        assert not [form for form in forms if core(value) in form]
    assert made.storage.access_key is not None
    assert made.storage.access_key.session_token is not None
    assert made.storage.access_key.session_token.reveal() == values[-1]


MISUSES: Dict[str, Callable[[str], List[str]]] = {
    "as a set": lambda s: ["--set", s],
    "as a set with a sign": lambda s: ["--set", f"{s}=="],
    "as the value of a secret's name": lambda s: ["--set", f"polardb.password={s}"],
    "glued to a secret's name": lambda s: ["--set", f"polardb.password:{s}"],
    "as a flow mapping without a blank": lambda s: ["--set", f"polardb={{sk:{s}}}"],
    "as a key": lambda s: ["--set", f"polardb.{s}=1"],
    "as a mode": lambda s: ["--set", f"mode=x{s}"],
    "as a number": lambda s: ["--set", f"readers=x{s}"],
    "as an endpoint": lambda s: ["--set", f"polardb.endpoint=http://user:{s}@host:1"],
    "as a connection string's password": lambda s: ["--set", f"mongodb.uri=mongodb://user:{s}@host:1/"],
    "as a connection string's user": lambda s: ["--set", f"mongodb.uri=mongodb://{s}@host"],
    "as a filter": lambda s: ["--set", f"filter.whiteTableSet=[ab, {s}]"],
    "as a value without an option": lambda s: [s],
    "of a misspelled option": lambda s: ["--polardbpasword", s],
    "glued to a misspelled option": lambda s: [f"--polardbpasword={s}"],
    "glued to an option": lambda s: [f"--polardbpassword{s}"],
    "with half a pair": lambda s: ["--dynamodbsk", s],
    "with white space": lambda s: ["--dynamodbak=x", f"--dynamodbsk={s} "],
    "with another mistake": lambda s: ["--dynamodbak=x", f"--dynamodbsk={s}", "--set", "readers=0"],
    "to the help": lambda s: [f"--help={s}"],
}


@pytest.mark.parametrize("misuse", MISUSES)
@given(secret=SECRETS)
def test_a_misplaced_secret_is_not_repeated_by_the_error(misuse: str, secret: str) -> None:
    with pytest.raises(ConfigError) as raised:
        load(MISUSES[misuse](secret), {})
    assert core(secret) not in str(raised.value)
    assert core(secret) not in repr(raised.value)
    assert raised.value.__cause__ is None


FILES = {
    "under a secret's name": "polardb: {{password: '{}'}}",
    "without a blank": "polardb: {{sk:{}}}",
    "as a line of its own": "polardb:\n  sk:{}\n",
    "as an alias": "mode: *{}",
    "as a tag": "mode: !{} x",
    "in a broken list": "polardb: [{}",
    "as a mode": "mode: {}",
    "twice": "polardb: {{sk:{0}: 1, sk:{0}: 2}}",
}


@pytest.mark.parametrize("place", FILES)
@given(secret=st.from_regex(r"[A-Za-z]{0,4}QZX[0-9]{4}JKV[+/=]{0,2}", fullmatch=True))
def test_a_secret_in_the_file_is_not_repeated_by_the_error(
    tmp_path_factory: pytest.TempPathFactory, place: str, secret: str
) -> None:
    file = tmp_path_factory.mktemp("config") / "a.yaml"
    file.write_text(FILES[place].format(secret))
    with pytest.raises(ConfigError) as raised:
        load(["--config", str(file)], {})
    assert core(secret) not in str(raised.value)
