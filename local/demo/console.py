"""`polarshake console` for the demo, as a process of its stack: it ends with the stack."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import List

from local.demo import job
from local.demo.servers import Servers
from local.stack.description import variables
from local.stack.home import PROJECT
from local.stack.process import MARK


def start_console(servers: Servers, port: int) -> None:
    """It shows the jobs as soon as Flink answers."""
    home = servers.stack.home
    home.logs.mkdir(parents=True, exist_ok=True)
    with (home.logs / "console.log").open("wb") as log:
        subprocess.Popen(
            [*_command(servers), "--port", str(port), "--history", str(home.data / "console.json")],
            cwd=PROJECT,
            env={**os.environ, **variables(servers.stack), MARK: f"{home.root}/console"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for the demo, which ends it together with the servers
        )


def _command(servers: Servers) -> List[str]:
    arguments = job.reverse_settings(servers) if servers.stack.postgres else job.forward_settings(servers)
    place = ["--flink", servers.flink.address, "--report", str(job.REPORT)]
    return [sys.executable, "-m", "connectors.command.app", "console", *place, *arguments]
