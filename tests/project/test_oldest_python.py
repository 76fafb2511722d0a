"""Python 3.9 is what Realtime Compute has, and so the oldest that must run the jobs."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from local.stack.home import PROJECT
from tests.harness.depth import DEEP, FEW

OLDEST = PROJECT / ".venv-3.9" / "bin" / "python"
PARTS = 4
"""The unit tests take minutes in one process: so many run them, each some of the files."""

pytestmark = [
    pytest.mark.skipif(sys.version_info[:2] == (3, 9), reason="all tests run under Python 3.9 here"),
    pytest.mark.skipif(not OLDEST.exists(), reason="no Python 3.9 on this machine"),
    pytest.mark.skipif(not DEEP, reason="part of `make test-all`"),
]


def run(*words: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment["POLARSHAKE_TESTS"] = FEW
    done = subprocess.run(
        [str(OLDEST), "-m", *words],
        cwd=PROJECT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert done.returncode == 0, done.stdout[-20_000:]
    print(done.stdout.splitlines()[-1:])


def test_the_code_compiles_under_python_3_9() -> None:
    run("compileall", "-q", "connectors", "jobs", "local", "tests")


@pytest.mark.parametrize("part", range(PARTS))
def test_the_unit_tests_pass_under_python_3_9(part: int) -> None:
    files = sorted(str(path.relative_to(PROJECT)) for path in PROJECT.glob("tests/unit/**/test_*.py"))
    run("pytest", *files[part::PARTS], "-q", "-p", "no:cacheprovider")
