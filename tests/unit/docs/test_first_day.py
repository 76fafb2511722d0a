"""Commands of the pages that a new user types, in their order."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path
from string import Template
from typing import List

import pytest
from click.testing import CliRunner

from connectors.command.app import polarshake
from connectors.config.arguments import EXAMPLES

ROOT = Path(__file__).parents[3]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "examples").rglob("*.md")),
]
GUIDES = ["## Use the local stack", "## Migrate your own table", "# Migration guide"]
ON_THE_PATH = r"\. \.venv/bin/activate|\. \.local/env\.sh"
USED = r"^(?:polarshake|flink|python) "
VARIABLES = {
    **{"SOURCE_ENDPOINT": "http://127.0.0.1:1", "POLARDB_ENDPOINT": "http://127.0.0.1:2"},
    **{"PGHOST": "127.0.0.1", "PGPORT": "3"},
}
"""What `.local/env.sh` sets."""
SECRET = (
    r"--(?:dynamodb|polardb|mongodb)\w*(?:ak|sk|password|uri)[ =](?!\.\.\.)\S"
    r"|(?:_SK|_PASSWORD)=(?!\.\.\.|\$)\S"
)


def blocks(text: str) -> List[str]:
    return re.findall(r"^ *```(?:sh)?\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("section", GUIDES)
def test_a_guide_installs_a_command_before_it_uses_it(section: str) -> None:
    files = [ROOT / "docs" / name for name in ("quickstart.md", "migrate.md")]
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    typed = "".join(blocks(text[text.index(section) :]))
    installed, used = re.search(ON_THE_PATH, typed), re.search(USED, typed, re.MULTILINE)
    assert installed is not None
    assert used is not None
    assert installed.start() < used.start()


def test_the_guides_create_the_configuration_in_a_folder_that_holds_the_shipped_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "application.yaml", tmp_path)
    Path("nimo-shake.conf").write_text("filter.collection.white = orders\n")
    variables = {**VARIABLES, "PWD": str(tmp_path), "POLARSHAKE_CONFIG": str(tmp_path / "own.yaml")}
    commands = [
        shlex.split(Template(line).substitute(variables))[1:]
        for name in ("quickstart.md", "migrate.md")
        for block in blocks((ROOT / "docs" / name).read_text(encoding="utf-8"))
        for line in block.replace("\\\n", " ").splitlines()
        if line.startswith("polarshake init")
    ]
    assert len(commands) == 3
    for words in commands:
        done = CliRunner().invoke(polarshake, words)
        assert done.exit_code == 0, done.output
        assert "polarshake doctor --config" in done.output


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_command_line_contains_a_secret(page: Path) -> None:
    assert re.findall(SECRET, "".join(blocks(page.read_text(encoding="utf-8")))) == []


def test_no_example_in_the_help_of_a_job_contains_a_secret() -> None:
    assert re.findall(SECRET, EXAMPLES) == []
