"""Where a stack keeps its files, and free ports for its servers."""

from __future__ import annotations

import random
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]

# Below the ports that operating systems assign to outgoing connections (from 32768 on Linux, 49152
# elsewhere). Such a connection could otherwise take the port between our probe and the server's bind.
_PORTS = range(15000, 32000)


@dataclass(frozen=True)
class Home:
    """One folder with everything a stack writes: `run` (who is running), `logs`, `data`, `conf`."""

    root: Path

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def conf(self) -> Path:
        return self.root / "conf"

    def prepare(self) -> None:
        for folder in (self.run, self.logs, self.data, self.conf):
            folder.mkdir(parents=True, exist_ok=True)

    def remove(self) -> None:
        for folder in (self.run, self.logs, self.data, self.conf):
            shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """A free loopback TCP port; random, so that parallel test processes choose different ones."""
    while True:
        port = random.choice(_PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
