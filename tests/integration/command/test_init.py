"""The jobs and the doctor accept a file that init has written. Tested with a terminal of 80 columns."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-c", "from connectors.command.app import polarshake; polarshake()"]


def at_a_terminal(arguments, typed, folder, **environ):
    """Exit code and output of the command on a pseudo-terminal."""
    terminal, child = pty.openpty()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("POLARSHAKE_")}
    env = {**kept, "PYTHONPATH": str(ROOT), "COLUMNS": "80", "TERM": "xterm", **environ}
    running = subprocess.Popen(
        [*COMMAND, *arguments], stdin=child, stdout=child, stderr=child, cwd=folder, env=env
    )
    os.close(child)
    os.write(terminal, typed.encode())
    shown = b""
    while True:
        try:
            part = os.read(terminal, 4096)
        except OSError:  # Linux: the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(terminal)
    return running.wait(), shown.decode()


def test_the_answers_of_a_person_make_a_file_that_the_doctor_finds_green(
    tmp_path, sides, source, standin, environ
):
    table = sides.make("orders")
    answers = ["", "us-east-1", standin.address, "", table, "/mnt/dead"]
    code, shown = at_a_terminal(
        ["init", "--source-endpoint", source.address], "".join(f"{answer}\n" for answer in answers), tmp_path
    )
    assert code == 0, shown
    assert "Next: polarshake doctor --config application.yaml" in shown
    code, shown = at_a_terminal(["doctor", "--config", "application.yaml"], "", tmp_path, **environ)
    assert code == 0, shown

    lines = re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.startswith("ok ") and table in line for line in lines)
    assert "\x1b[32mok" in shown
