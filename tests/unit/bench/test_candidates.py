from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from bench.candidates import Child

PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
open(sys.argv[1], "w").write(str(child.pid))
time.sleep(60)
"""


def wait_for(condition: object, seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_stopping_a_contender_ends_what_it_has_started(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    child = Child([sys.executable, "-c", PARENT, str(note)], {})
    wait_for(lambda: note.exists() and note.read_text())
    grandchild = int(note.read_text())
    assert runs(grandchild)
    child.stop()
    wait_for(lambda: not runs(grandchild))
    assert not runs(child.pid)


def test_a_contender_that_failed_shows_its_output() -> None:
    child = Child([sys.executable, "-c", "import sys; print('the reason'); sys.exit(3)"], {})
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    with pytest.raises(RuntimeError, match="ended with 3:\nthe reason"):
        child.ended()
    child.stop()


def test_a_contender_that_ended_well_stays_readable_until_it_is_stopped() -> None:
    child = Child([sys.executable, "-c", "pass"], {})
    wait_for(child.ended)
    assert Path(f"/proc/{child.pid}/stat").exists()
    child.stop()
    assert not Path(f"/proc/{child.pid}/stat").exists()
