"""The workflows and issue templates: their structure, and that each recipe that they run exists."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest
import yaml

ROOT = Path(__file__).parents[3]
WORKFLOWS = {path.stem: path for path in sorted((ROOT / ".github" / "workflows").glob("*.yml"))}
TEMPLATES = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
PINNED = r"actions/[\w.-]+@v\d+(\.\d+)*|[\w-]+/[\w.-]+@[0-9a-f]{40}"
"""GitHub's own actions by version, all others by commit: .github/zizmor.yml."""
FORM_INPUTS = {"markdown", "input", "textarea", "dropdown", "checkboxes"}


def loaded(name: str) -> Dict[str, Any]:
    # GitHub reads `on` as a word. YAML 1.1 takes it for true.
    found: Dict[str, Any] = yaml.load(WORKFLOWS[name].read_text(), Loader=yaml.BaseLoader)
    return found


def steps(name: str) -> Iterator[Dict[str, Any]]:
    for job in loaded(name)["jobs"].values():
        yield from job["steps"]


def commands(name: str) -> List[str]:
    return [step["run"] for step in steps(name) if "run" in step]


def recipes() -> List[str]:
    return re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_reads_only_and_ends_in_time(name: str) -> None:
    workflow = loaded(name)
    assert workflow["permissions"] == {"contents": "read"}
    assert all(int(job["timeout-minutes"]) <= 120 for job in workflow["jobs"].values())
    checkouts = [step for step in steps(name) if step.get("uses", "").startswith("actions/checkout@")]
    assert len(checkouts) == len(workflow["jobs"])
    assert all(step["with"]["persist-credentials"] == "false" for step in checkouts)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_every_action_has_a_version_and_every_step_does_one_thing(name: str) -> None:
    for step in steps(name):
        assert ("run" in step) != ("uses" in step)
        assert "uses" not in step or re.fullmatch(PINNED, step["uses"])


@pytest.mark.parametrize("name", WORKFLOWS)
def test_every_recipe_that_a_workflow_runs_exists(name: str) -> None:
    run = {word for line in commands(name) for word in re.findall(r"\bmake ([a-z-]+)", line)}
    assert run <= set(recipes())


def test_make_test_runs_on_every_python_that_the_package_allows() -> None:
    classifiers = re.findall(r"Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text())
    assert loaded("test")["jobs"]["test"]["strategy"]["matrix"]["python"] == classifiers
    assert any("make test " in line for line in commands("test"))


def test_everything_runs_each_night() -> None:
    assert loaded("nightly")["on"]["schedule"]
    assert any("make test-all" in line for line in commands("nightly"))


def test_the_package_gets_the_addresses_of_the_repository_that_builds_it(tmp_path: Path) -> None:
    """They are not in pyproject.toml, because a copy of the repository has others."""
    reading = pytest.importorskip("setuptools.config.pyprojecttoml").read_configuration
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    [command] = [line for line in commands("package") if "[project.urls]" in line]
    environ = {**os.environ, "HOME_PAGE": "https://host/owner/name"}
    subprocess.run(["bash", "-ec", command], cwd=tmp_path, env=environ, check=True)
    urls = reading(tmp_path / "pyproject.toml", expand=False)["project"]["urls"]
    assert urls["Source"] == "https://host/owner/name"
    assert set(urls) == {"Source", "Issues", "Changelog"}


def test_the_wheel_is_built_and_checked_and_the_links_too() -> None:
    text = " ".join(commands("package"))
    assert "python -m build" in text
    assert "twine check --strict" in text
    assert any("lychee" in step.get("uses", "") for step in steps("package"))


@pytest.mark.parametrize(
    "form", [path for path in TEMPLATES if path.stem != "config"], ids=lambda path: path.stem
)
def test_an_issue_form_has_the_members_that_github_reads(form: Path) -> None:
    found = yaml.safe_load(form.read_text())
    assert set(found) == {"name", "description", "labels", "body"}
    ids = [each["id"] for each in found["body"] if each["type"] != "markdown"]
    assert len(set(ids)) == len(ids) >= 3
    assert {each["type"] for each in found["body"]} <= FORM_INPUTS
    assert all(each["attributes"].get("label") for each in found["body"] if each["type"] != "markdown")


def test_the_form_for_bugs_asks_for_the_version_and_warns_of_secrets() -> None:
    text = (ROOT / ".github" / "ISSUE_TEMPLATE" / "bug.yml").read_text()
    assert "polarshake --version" in text
    assert "Do not paste keys" in text


@pytest.mark.parametrize("name", ["SECURITY.md", "CODE_OF_CONDUCT.md", "CHANGELOG.md", "NOTICE", "LICENSE"])
def test_the_files_that_a_stranger_looks_for_are_there(name: str) -> None:
    assert len((ROOT / name).read_text()) > 300
