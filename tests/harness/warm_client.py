"""A Flink client that keeps running: one Python process and one JVM submit all jobs.

`flink run` starts both for each job, which takes six seconds of CPU. Everything else that it does is done
here too: the cluster's configuration, PyFlink's jar, the savepoint, the parallelism.

A request is a line of JSON on stdin, its answer a line on stdout: see `Request`, tests.harness.warm_cluster.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import sys
import traceback
from typing import Any, Dict, List, NamedTuple, Optional


class Request(NamedTuple):
    module: str
    """Module of the job, which has a function `main(argv)`."""
    arguments: List[str]
    environment: Dict[str, str]
    """The complete environment of the job's program."""
    parallelism: Optional[int] = None
    savepoint: Optional[str] = None
    attached: bool = False
    options: Dict[str, str] = {}
    """Options of Flink, as given with `flink run -D`."""


def serve() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # Java's output must not be mixed with the answers.
    for line in sys.stdin:
        code, output = run(Request(**json.loads(line)))
        print(json.dumps([code, output]), file=answers, flush=True)


def run(request: Request) -> Any:
    """Exit code and output of a job's program."""
    output = io.StringIO()
    _environment(request.environment)
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        try:
            _context(request)
            importlib.import_module(request.module).main(request.arguments)
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        except BaseException:
            traceback.print_exc()
            code = 1
    return code, output.getvalue()


def _environment(wanted: Dict[str, str]) -> None:
    for name in set(os.environ) - set(wanted):
        del os.environ[name]
    os.environ.update(wanted)


def _context(request: Request) -> None:
    """Set what `flink run` sets before it runs the program."""
    from pyflink.java_gateway import get_gateway

    jvm = get_gateway().jvm
    options = jvm.org.apache.flink.configuration.GlobalConfiguration.loadConfiguration()
    for name, value in _options(request).items():
        options.setString(name, value)
    loader = jvm.org.apache.flink.core.execution.DefaultExecutorServiceLoader()
    classes = jvm.java.lang.Thread.currentThread().getContextClassLoader()
    context = jvm.org.apache.flink.client.program.StreamContextEnvironment
    context.unsetAsContext()
    context.setAsContext(loader, options, classes, False, False)


def _options(request: Request) -> Dict[str, str]:
    home = os.environ["FLINK_HOME"]
    [jar] = [name for name in os.listdir(f"{home}/opt") if name.startswith("flink-python")]
    options = {
        "execution.target": "remote",
        "execution.attached": str(request.attached).lower(),
        "pipeline.jars": f"file://{home}/opt/{jar}",
    }
    if request.parallelism:
        options["parallelism.default"] = str(request.parallelism)
    if request.savepoint:
        options["execution.state-recovery.path"] = request.savepoint
    return {**options, **request.options}


if __name__ == "__main__":
    serve()
