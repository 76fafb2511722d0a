"""The command as a whole."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from connectors.command.app import COMMANDS, polarshake, subcommand

ROOT = Path(__file__).parents[4]
IMPORTED = "import connectors.command.app, sys; print(*sorted(sys.modules))"
LATER = {
    "aiohttp",
    "botocore",
    "jinja2",
    "msgspec",
    "numpy",
    "psycopg2",
    "pyflink",
    "pymongo",
    "rich",
    "urllib3",
    "yaml",
}
"""Packages that only a subcommand or a job needs."""


def shown(*words: str) -> str:
    done = CliRunner().invoke(polarshake, words, terminal_width=80)
    assert done.exit_code == 0
    return done.output


@pytest.mark.parametrize("words", [[], *([name] for name in COMMANDS)], ids=" ".join)
def test_each_help_fits_into_80_columns(words):
    assert max(map(len, shown(*words, "--help").splitlines())) <= 80


def test_the_help_names_the_subcommands_in_the_order_of_a_migration():
    lines = shown("--help").partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in lines if not line.startswith("   ")] == [
        *("init", "assess", "doctor", "run", "status", "console", "table", "throttle", "letters"),
        *("cutover", "rollback", "slot"),
    ]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_line_of_a_subcommand_is_the_beginning_of_its_own_help(name):
    assert subcommand(name).name == name
    assert subcommand(name).help.startswith(f"{COMMANDS[name]}\n")


def test_a_subcommand_that_is_not_known_is_refused():
    done = CliRunner().invoke(polarshake, ["statsu"])
    assert (done.exit_code, "statsu" in done.output) == (2, True)


@pytest.mark.parametrize(
    ("words", "interrupts"),
    [
        (["doctor"], "connectors.command.doctor.command.examined"),
        (["cutover", "--flink", "http://127.0.0.1:1"], "connectors.command.cutover.command.context_of"),
    ],
)
def test_ctrl_c_gives_130_which_is_not_a_negative_result(words, interrupts, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(interrupts, interrupted)
    done = CliRunner().invoke(polarshake, words)
    assert (done.exit_code, "interrupted" in done.output) == (130, True)


def test_the_command_imports_no_subcommand_and_no_large_package_before_it_is_used():
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED], cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True
    )
    modules = done.stdout.split()
    own = [name for name in modules if name.split(".")[0] in ("connectors", "jobs")]
    assert own == ["connectors", "connectors.command", "connectors.command.app"]
    assert not {name.split(".")[0] for name in modules} & LATER
