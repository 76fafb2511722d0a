"""The demo as `make demo` runs it, small and without a terminal."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from local.stack.home import PROJECT
from local.stack.process import MARK

pytestmark = pytest.mark.cluster
COMMAND = [sys.executable, "-m", "local.demo", "500"]


@pytest.fixture
def folder():
    """A folder for all files of the demo. PostgreSQL does not run as root and must be able to access it;
    pytest's own folder is closed to other users."""
    with tempfile.TemporaryDirectory(prefix="polarshake-test-demo-") as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


def hears_interrupts():
    """Enable SIGINT in the child. If a shell runs the tests in the background, SIGINT is ignored, and
    children inherit this."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def started(folder, *arguments, **options):
    env = {**os.environ, "TMPDIR": str(folder), "PYTHONPATH": str(PROJECT)}
    return subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=PROJECT,
        env=env,
        stdin=subprocess.DEVNULL,
        text=True,
        preexec_fn=hears_interrupts,
        **options,
    )


def survivors(folder):
    commands = []
    for process in psutil.process_iter():
        try:
            mark = process.environ().get(MARK, "")
            commands += [process.cmdline()] if mark.startswith(str(folder)) else []
        except psutil.Error:
            continue
    return commands


def test_a_small_demo_ends_equal_and_leaves_no_processes_or_files(folder):
    demo = started(folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output, _ = demo.communicate(timeout=600)
    assert demo.returncode == 0, output
    assert output.splitlines()[1].startswith("  console   http://127.0.0.1:")
    assert "EQUAL: " in output
    assert "NOT EQUAL" not in output
    assert "result of the check job: equal" in output
    for table in ("orders", "sessions", "readings"):
        assert f"{table}: " in output
    assert survivors(folder) == []
    assert list(folder.iterdir()) == []


def test_a_small_rollback_demo_ends_equal_and_removes_slot_processes_and_files(folder):
    demo = started(folder, "--reverse", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output, _ = demo.communicate(timeout=600)
    assert demo.returncode == 0, output
    steps = (
        "the job has stopped with a savepoint",
        "CREATE PUBLICATION",
        "pg_create_logical_replication_slot",
        "slot flink_slot is active",
        "writes to PolarDB",
        "slot lag 0 bytes",
        "result of the check job: equal",
        "EQUAL: ",
        "the job has stopped with a savepoint",
        "slot flink_slot was inactive and has been removed",
    )
    rest = output
    for each in steps:
        assert each in rest, output
        rest = rest.split(each, 1)[1]
    assert "NOT EQUAL" not in output
    assert " 0 writes to PolarDB" not in output
    assert survivors(folder) == []
    assert list(folder.iterdir()) == []


def test_a_demo_interrupted_while_it_submits_ends_with_2_and_leaves_nothing(folder):
    demo = started(folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    for line in demo.stdout:
        if "submit" in line:
            break
    assert survivors(folder)
    demo.send_signal(signal.SIGINT)
    output, _ = demo.communicate(timeout=600)
    assert demo.returncode == 2, output
    assert survivors(folder) == []
    assert list(folder.iterdir()) == []
