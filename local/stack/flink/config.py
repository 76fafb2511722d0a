"""The cluster's configuration: the file of the distribution, with the settings of this project."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, Mapping

import yaml

from local.stack.errors import StackError

QUIET = """
# At INFO it logs the whole environment and the arguments of a job's main program: its secrets.
logger.pythonenv.name = org.apache.flink.client.python.PythonEnvUtils
logger.pythonenv.level = WARN
# At WARN it logs the whole environment of the TaskManager when a Python worker ends.
logger.beamenv.name = org.apache.beam.runners.fnexecution.control.DefaultJobBundleFactory
logger.beamenv.level = ERROR
# At INFO these log the arguments of the client, of an application cluster, and of its configuration.
logger.client.name = org.apache.flink.client.cli.CliFrontend
logger.client.level = WARN
logger.entrypoint.name = org.apache.flink.runtime.entrypoint.ClusterEntrypoint
logger.entrypoint.level = WARN
logger.configuration.name = org.apache.flink.configuration.GlobalConfiguration
logger.configuration.level = WARN
"""


SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""These JVMs run for minutes: the second compiler costs more than it saves (docs/internals/decisions.md)."""


@dataclass(frozen=True)
class Sizes:
    """Sizes of the cluster. The defaults leave enough memory for all other servers on a laptop with 8 GiB."""

    taskmanagers: int = 1
    slots: int = 4
    jobmanager_memory: str = "1024m"
    taskmanager_memory: str = "2496m"
    settings: Mapping[str, str] = field(default_factory=dict)


def flink_home() -> Path:
    """The package folder of pyflink, found without importing it: the import takes seconds."""
    spec = importlib.util.find_spec("pyflink")
    if spec is None or spec.origin is None:
        raise StackError("pyflink is not installed in this environment. Run `make setup`.")
    return Path(spec.origin).parent


def settings(
    sizes: Sizes, rest_port: int, rpc_port: int, data: Path, python: str = sys.executable
) -> Dict[str, Any]:
    """Settings that differ from the distribution's defaults, with flat keys."""
    host = "127.0.0.1"
    return {
        "jobmanager.rpc.address": host,
        "jobmanager.rpc.port": rpc_port,
        "jobmanager.bind-host": host,
        "taskmanager.host": host,
        "taskmanager.bind-host": host,
        "rest.address": host,
        "rest.bind-address": host,
        "rest.port": rest_port,
        "rest.bind-port": str(rest_port),
        "jobmanager.memory.process.size": sizes.jobmanager_memory,
        "taskmanager.memory.process.size": sizes.taskmanager_memory,
        "taskmanager.numberOfTaskSlots": sizes.slots,
        # PyFlink's jar is among the libraries: see `link_libraries`.
        "classloader.resolve-order": "parent-first",
        # Each Python job leaks direct memory. With the defaults, a TaskManager fails at about the eighth job.
        "taskmanager.memory.jvm-metaspace.size": "768m",
        "taskmanager.memory.task.off-heap.size": "256m",
        "env.java.opts.jobmanager": SHORT_LIVED,
        "env.java.opts.taskmanager": SHORT_LIVED,
        # By default the heap starts with 1/64 of the machine's memory and fills it before the first
        # collection.
        "env.java.opts.client": f"{SHORT_LIVED} -Xms32m",
        # Both are needed. Otherwise a job with another `python` on the PATH hangs without a message.
        "python.executable": python,
        "python.client.executable": python,
        # The default of 1000 ms makes a 50 ms timer 834 ms late at the median.
        "python.fn-execution.bundle.time": 10,
        # A dead TaskManager is detected after 8 s, not 50: the fault tests wait for it.
        "heartbeat.interval": 2000,
        "heartbeat.timeout": 8000,
        "metrics.fetcher.update-interval": 1000,
        "web.refresh-interval": 1000,
        # A query to a TaskManager that has just died blocks all metrics for this long (default: 10 min).
        "web.timeout": 60_000,
        "execution.checkpointing.dir": f"file://{data}/checkpoints",
        "execution.checkpointing.savepoint-dir": f"file://{data}/savepoints",
        "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
        "io.tmp.dirs": f"{data}/tmp",
        **sizes.settings,
    }


def write(folder: Path, settings: Mapping[str, Any]) -> None:
    """Make `folder` a FLINK_CONF_DIR."""
    shutil.copytree(flink_home() / "conf", folder, dirs_exist_ok=True)
    file = folder / "config.yaml"
    whole = {**_flat(yaml.safe_load(file.read_text())), **settings}
    for logging in folder.glob("log4j*.properties"):
        logging.write_text(logging.read_text() + QUIET)
    # One line per key: the launch scripts also read this file and do not support folded strings.
    file.write_text(yaml.safe_dump(whole, width=1_000_000))


def link_libraries(folder: Path) -> None:
    """Make `folder` a FLINK_LIB_DIR with PyFlink's jar.

    With `classloader.resolve-order: parent-first`, its 6,000 classes are then loaded once per JVM. Otherwise
    every job loads them again, which takes 1.8 s of CPU in a TaskManager, and leaves them behind.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for jar in [*flink_home().glob("lib/*.jar"), *flink_home().glob("opt/flink-python-*.jar")]:
        with suppress(FileExistsError):
            (folder / jar.name).symlink_to(jar)


def _flat(nested: Mapping[str, Any], prefix: str = "") -> Dict[str, Any]:
    flat: Dict[str, Any] = {}
    for key, value in nested.items():
        if isinstance(value, dict):
            flat.update(_flat(value, f"{prefix}{key}."))
        else:
            flat[f"{prefix}{key}"] = value
    return flat
