"""The package: its wheel, and the programs in an environment where it is installed.

All in one file: its tests share what was built and installed, and run in one process.
"""

from __future__ import annotations

import sys
from typing import Callable

import pytest

from connectors.base.extras import CONSOLE, JOBS, MONGODB
from connectors.command.app import COMMANDS
from tests.integration.package.conftest import ROOT, Environment, Wheel

PROGRAMS = sorted(path.stem for path in (ROOT / "jobs").glob("*.py") if path.stem != "__init__")
MONGODB_OPTIONS = (
    "--set",
    "target=mongodb",
    "--set",
    "mongodb.database=shop",
    "--set",
    "dynamodb.region=eu-west-1",
)
KEYS = ("--dynamodbak", "key", "--dynamodbsk", "secret", "--mongodburi", "mongodb://127.0.0.1:9")
IMPORT_ALL = """
import importlib, pkgutil, connectors, jobs
for package in (connectors, jobs):
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
            print(module.name)
"""


@pytest.fixture(scope="module")
def with_jobs(extended: Callable[..., Environment]) -> Environment:
    return extended("jobs")


def test_the_wheel_contains_connectors_and_jobs_and_nothing_else(wheel: Wheel) -> None:
    names = set(wheel.content())
    info = f"polarshake-{wheel.metadata.version}.dist-info"
    assert {name.split("/")[0] for name in names} == {"connectors", "jobs", info}
    data = {
        "connectors/check/report/page/report.css",
        "connectors/check/report/page/page.html",
        "connectors/check/report/page/report.html",
        "connectors/command/assess/page/assess.html",
        "connectors/command/estimate/prices.yaml",
    }
    page = ROOT / "connectors" / "command" / "console" / "page"
    data |= {str(path.relative_to(ROOT)) for path in page.glob("*.[hcj]*") if path.suffix != ".py"}
    assert len(data) == 11
    assert {name for name in names if not name.endswith(".py") and not name.startswith(info)} == {
        *data,
        "connectors/py.typed",
        "jobs/py.typed",
    }
    modules = {
        str(path.relative_to(ROOT)) for top in ("connectors", "jobs") for path in (ROOT / top).rglob("*.py")
    }
    assert {name for name in names if name.endswith(".py")} == modules


def test_the_sdist_builds_the_same_wheel(wheel: Wheel, wheel_of_sdist: Wheel) -> None:
    assert wheel.path.name == wheel_of_sdist.path.name
    assert wheel.content() == wheel_of_sdist.content()


def test_the_metadata_has_description_authors_and_licence(wheel: Wheel) -> None:
    metadata = wheel.metadata.metadata
    assert (metadata["Name"], metadata["License-Expression"]) == ("polarshake", "Apache-2.0")
    assert (metadata["Author"], metadata["Requires-Python"]) == ("polarshake maintainers", "<3.12,>=3.9")
    assert (wheel.metadata.read_text("METADATA") or "").endswith((ROOT / "README.md").read_text())
    assert wheel.metadata.read_text("licenses/LICENSE") == (ROOT / "LICENSE").read_text()
    assert f"Programming Language :: Python :: 3.{sys.version_info[1]}" in metadata.get_all("Classifier", [])


def test_the_extras_are_those_that_a_message_can_name(wheel: Wheel) -> None:
    assert set(wheel.metadata.metadata.get_all("Provides-Extra", [])) == {
        JOBS.name,
        CONSOLE.name,
        MONGODB.name,
    }


def test_the_base_installation_has_no_flink(base: Environment) -> None:
    absent = [name for extra in (JOBS, CONSOLE, MONGODB) for name in extra.modules]
    code = f"import importlib.util; print([name for name in {absent} if importlib.util.find_spec(name)])"
    assert base.run("python", "-c", code).stdout == "[]\n"


def test_the_command_runs_from_any_folder(base: Environment, wheel: Wheel) -> None:
    done = base.run("polarshake", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert all(f"  {name} " in done.stdout for name in COMMANDS)
    assert base.run("polarshake", "--version").stdout == f"polarshake, version {wheel.metadata.version}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_subcommand_runs_with_the_base_installation(base: Environment, name: str) -> None:
    done = base.run("polarshake", name, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: polarshake {name} ")


def test_a_console_without_its_server_names_the_pip_command(base: Environment) -> None:
    done = base.run("polarshake", "console", "--flink", "127.0.0.1:9")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith(f"Run: {base.python} -m pip install 'polarshake[console]'\n")


@pytest.mark.parametrize("job", ["forward", "check"])
def test_a_mongodb_target_without_its_driver_is_a_red_line_with_the_pip_command(
    base: Environment, job: str
) -> None:
    done = base.run("polarshake", "doctor", "--job", job, *MONGODB_OPTIONS, *KEYS)
    assert done.returncode == 1
    assert all(line.startswith("waiting for responses") for line in done.stderr.splitlines())
    assert "-m pip install 'polarshake[mongodb]'" in " ".join(done.stdout.split())


@pytest.mark.parametrize("job", PROGRAMS)
def test_a_job_without_flink_names_the_pip_command(base: Environment, job: str) -> None:
    done = base.run("python", "-m", f"jobs.{job}", "--help")
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert line.endswith(f"Run: {base.python} -m pip install 'polarshake[jobs]'")


@pytest.mark.parametrize("job", PROGRAMS)
def test_a_job_explains_itself_from_any_folder(with_jobs: Environment, job: str) -> None:
    done = with_jobs.run("python", "-m", f"jobs.{job}", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "usage: JOB" in done.stdout


def test_every_module_can_be_imported_with_what_the_extras_declare(
    extended: Callable[..., Environment], wheel: Wheel
) -> None:
    done = extended("jobs", "console", "mongodb").run("python", "-c", IMPORT_ALL)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.split()) > 200
