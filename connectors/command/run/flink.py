"""The `flink` command, and the words of `flink run`. Pure, except for `find_flink`."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import sys
from typing import List, Mapping, NamedTuple, Optional, Sequence
from urllib.parse import urlsplit

from connectors.base.errors import TerminalError
from connectors.base.extras import JOBS, pip_command

_JOB_ID = re.compile(r"Job has been submitted with JobID ([0-9a-f]{32})")
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def find_flink(environ: Mapping[str, str] = os.environ) -> List[str]:
    """The command: `flink` on the PATH, that of FLINK_HOME, or the one that PyFlink brings.

    Raises TerminalError if there is none.
    """
    on_path = shutil.which("flink", path=environ.get("PATH"))
    home = environ.get("FLINK_HOME")
    for program in (on_path, home and os.path.join(home, "bin", "flink"), _of_pyflink()):
        if program and os.access(program, os.X_OK):
            return [program]
    raise TerminalError(
        f"no `flink` was found: not on the PATH, not in FLINK_HOME, not in this Python. Install it with "
        f"{pip_command(JOBS)}, or name it with --flink-command"
    )


def _of_pyflink() -> Optional[str]:
    spec = importlib.util.find_spec("pyflink")
    folders = list(spec.submodule_search_locations or []) if spec else []
    return os.path.join(folders[0], "bin", "flink") if folders else None


def submitted_id(output: str) -> str:
    """The id of the job in the output of `flink run`; empty if there is none."""
    match = _JOB_ID.search(output)
    return match.group(1) if match else ""


def script_of(job: str) -> str:
    """The path of a job's program."""
    spec = importlib.util.find_spec(f"jobs.{job}")
    return spec.origin if spec and spec.origin else f"jobs/{job}.py"


class RunRequest(NamedTuple):
    job: str
    flink: Sequence[str]
    """The command, such as `flink`, or `kubectl exec POD -- flink`."""
    address: Optional[str] = None
    """Of Flink's web UI. None: that of Flink's own configuration."""
    wait: bool = False
    parallelism: Optional[int] = None
    savepoint: Optional[str] = None
    properties: Sequence[str] = ()
    """KEY=VALUE of Flink's configuration."""
    arguments: Sequence[str] = ()
    """Of the job."""


def words_of(wanted: RunRequest) -> List[str]:
    """The command line. Raises TerminalError for an address that `flink run` cannot use."""
    words = [*wanted.flink, "run", *([] if wanted.wait else ["-d"])]
    words += ["-m", _host_and_port(wanted.address)] if wanted.address else []
    words += ["-p", str(wanted.parallelism)] if wanted.parallelism else []
    words += ["-s", wanted.savepoint] if wanted.savepoint else []
    words += [f"-D{each}" for each in wanted.properties]
    return [*words, *_interpreters(wanted), "-py", script_of(wanted.job), *wanted.arguments]


def _host_and_port(address: str) -> str:
    parts = urlsplit(address if "://" in address else f"http://{address}")
    if parts.scheme != "http" or not parts.hostname or parts.username or parts.path.strip("/"):
        raise TerminalError(
            f"--flink: `flink run` takes only http://HOST:PORT, not {parts.scheme}://...; set the address in "
            f"Flink's configuration (FLINK_CONF_DIR) and omit --flink"
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{host}:{parts.port or 80}"


def _interpreters(wanted: RunRequest) -> List[str]:
    """This Python has the packages; the one on the PATH may not, and the job would hang without a message.

    On another machine this path need not exist: there the cluster's `python.executable` decides.
    """
    if len(wanted.flink) > 1:  # it runs elsewhere, as with kubectl
        return []
    address = wanted.address
    host = urlsplit(address if "://" in address else f"http://{address}").hostname if address else None
    local = ["-pyexec", sys.executable] if host in LOOPBACK else []
    return ["-pyclientexec", sys.executable, *local]
