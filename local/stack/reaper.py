"""Ends a home's servers and removes its files when the process that uses them is gone, however it went.

Started as a child with a pipe for its stdin: the pipe closes when its owner ends, by `kill -9` too.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from local.stack.home import PROJECT, Home
from local.stack.sweep import sweep


def watch(home: Home) -> subprocess.Popen[bytes]:
    """Start the reaper of `home`. Close its stdin and wait for it, or just end: nothing of the home is left.

    The caller keeps the object: when it is collected, the pipe closes.
    """
    command = [sys.executable, "-m", "local.stack.reaper", str(home.root)]
    # A session of its own, or Ctrl-C would end the reaper together with those it should clean up after.
    return subprocess.Popen(command, stdin=subprocess.PIPE, cwd=PROJECT, start_new_session=True)


def main(root: str) -> None:
    home = Home(Path(root))
    sys.stdin.read()
    sweep(home)
    shutil.rmtree(home.root, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1])
