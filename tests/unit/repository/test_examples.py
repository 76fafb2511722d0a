"""The examples: each configuration loads and is complete, each command and option exists."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import Dict, List

import click
import pytest
from click.testing import CliRunner

from connectors.check.options import as_sets
from connectors.command.app import COMMANDS, subcommand
from connectors.config import Settings, load
from connectors.config.credentials import SECRET_KEYS
from connectors.config.needs import require

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted(path.parent for path in (ROOT / "examples").glob("*/application.yaml"))
NEEDED = {
    "polardb": ("polardb.endpoint", "polardb.accessKey"),
    "mongodb": ("mongodb.uri", "mongodb.database"),
    "way-back": ("polardb.hostname", "polardb.login", "polardb.endpoint", "polardb.accessKey"),
}
SECRETS = {
    key.variable: "mongodb://u:p@h/" if "URI" in key.variable else "x"
    for key in SECRET_KEYS
    if "TOKEN" not in key.variable
}


CHECK_OPTIONS = {"--repair", "--direction"}
"""Options of the check that the examples use; `test_the_options_of_the_check_are_settings_that_it_takes`."""


def lines(example: Path) -> List[str]:
    text = (example / "README.md").read_text()
    return [
        line for block in re.findall(r"^```\n(.*?)^```$", text, re.M | re.S) for line in block.splitlines()
    ]


def commands(example: Path) -> List[List[str]]:
    return [shlex.split(line) for line in lines(example) if not line.startswith("export ")]


def exported(example: Path) -> Dict[str, str]:
    words = [word for line in lines(example) if line.startswith("export ") for word in shlex.split(line)[1:]]
    return dict(word.split("=", 1) for word in words)


def settings(example: Path) -> Settings:
    environ = {name: SECRETS[name] for name in exported(example)}
    return load(["--config", str(example / "application.yaml")], environ)


@pytest.fixture(params=EXAMPLES, ids=lambda path: path.name)
def example(request: pytest.FixtureRequest) -> Path:
    chosen: Path = request.param
    return chosen


def test_there_is_one_for_each_target_and_one_for_the_way_back() -> None:
    assert {path.name for path in EXAMPLES} == set(NEEDED)
    listed = set(re.findall(r"\]\(([\w-]+)/README\.md\)", (ROOT / "examples" / "README.md").read_text()))
    assert listed == set(NEEDED)


def test_the_configuration_and_the_exported_secrets_are_all_that_the_jobs_need(example: Path) -> None:
    require(settings(example), *NEEDED[example.name])
    assert settings(example).dead_letter.path


def test_every_command_exists_with_its_options(example: Path) -> None:
    for words in commands(example):
        assert words[0] == "polarshake"
        assert words[1] in COMMANDS
        command = subcommand(words[1])
        command = command.commands[words[2]] if isinstance(command, click.Group) else command
        known = {name for parameter in command.params for name in parameter.opts}
        if words[1:3] == ["run", "check"]:
            known |= CHECK_OPTIONS
        assert {word for word in words if word.startswith("--")} <= known, words


def test_every_command_uses_the_examples_own_configuration(example: Path) -> None:
    own = f"examples/{example.name}/application.yaml"
    for words in commands(example):
        if "status" not in words:
            assert words[words.index("--config") + 1] == own, words


def test_the_options_of_the_check_are_settings_that_it_takes(example: Path) -> None:
    for words in commands(example):
        if words[1:3] == ["run", "check"]:
            at = words.index("--flink")
            given = as_sets([*words[3:at], *words[at + 2 :]])
            given[1] = str(ROOT / given[1])
            load(given, {name: SECRETS[name] for name in exported(example)})


def test_no_secret_is_in_a_file_or_on_a_command_line(example: Path) -> None:
    options = {key.option for key in SECRET_KEYS}
    assert not options & {word.split("=")[0] for words in commands(example) for word in words}
    assert set(exported(example)) <= {key.variable for key in SECRET_KEYS}


def test_the_assessment_of_an_example_starts(example: Path) -> None:
    """As far as it goes without a network: it must fail at the source, and not before."""
    for words in commands(example):
        if words[:2] == ["polarshake", "assess"]:
            config = str(example / "application.yaml")
            arguments = ["--config", config, "--patience", "0.2", "--report", ""]
            unreachable = ["--set", "dynamodb.endpoint=http://127.0.0.1:9"]
            environ = {**os.environ, "POLARSHAKE_DYNAMODB_AK": "x", "POLARSHAKE_DYNAMODB_SK": "x"}
            done = CliRunner().invoke(subcommand("assess"), [*arguments, *unreachable], env=environ)
            assert done.exit_code == 2
            assert "127.0.0.1:9" in done.output
