"""Ends a home's servers and removes its files when the process that uses them has ended for any reason.

It is started as a child with a pipe as its stdin. The pipe closes when its owner ends, even by `kill -9`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from local.stack.home import PROJECT, Home
from local.stack.sweep import sweep


def watch(home: Home) -> subprocess.Popen[bytes]:
    """Start the reaper of `home`. It removes the home when its stdin is closed or this process ends.

    The caller must keep the object: when it is collected, the pipe closes.
    """
    command = [sys.executable, "-m", "local.stack.reaper", str(home.root)]
    # In its own session: otherwise Ctrl-C would end the reaper together with the servers it cleans up.
    return subprocess.Popen(command, stdin=subprocess.PIPE, cwd=PROJECT, start_new_session=True)


def main(root: str) -> None:
    home = Home(Path(root))
    sys.stdin.read()
    sweep(home)
    shutil.rmtree(home.root, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1])
