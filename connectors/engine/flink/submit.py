"""Submit a job, and complete a job that has an end."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from typing import Any, Callable, Iterator, List, Optional

from py4j.protocol import Py4JJavaError
from pyflink.datastream import DataStream, StreamExecutionEnvironment
from pyflink.java_gateway import get_gateway

from connectors.base.text import plural
from connectors.engine.flink.completion import Completion, suspended_in
from connectors.engine.flink.end import end
from connectors.model.jobs import PROBLEM

ASK_MS = 1000
"""Interval at which the client asks for results of a job."""


def submit(env: StreamExecutionEnvironment, notices: DataStream, name: str) -> None:
    """Submit a job without an end."""
    notices.print().name("notices").uid("notices").set_parallelism(1)
    client = env.execute_async(name)
    print(f"{name} runs as job {client.get_job_id()}", flush=True)


def run_to_completion(
    env: StreamExecutionEnvironment, notices: DataStream, name: str, completion: Completion
) -> List[str]:
    """Wait until the job is complete by its notices, then drain it with a savepoint: it becomes FINISHED.

    The source is unbounded, because a bounded source would drop the readers' timers.
    Returns the notices of tables that are suspended: these are not copied. Raises the error of a failed job.
    Exits with PROBLEM if another client stopped the job.
    """
    word = last_word(env, end(notices, completion), name, _ended)
    if word is None:
        leave(PROBLEM)
        return []
    return suspended_in(word)


def _ended(word: str) -> str:
    count = len(suspended_in(word))
    return f"has ended without {plural(count, 'suspended table')}" if count else FINISHED


FINISHED = "is finished"


def last_word(
    env: StreamExecutionEnvironment,
    words: DataStream,
    name: str,
    said_of: Callable[[str], str] = lambda word: FINISHED,
) -> Optional[str]:
    """Run until the first of `words`, then stop the job. Returns None, after a message, if another client
    stopped it. `said_of`: what is printed about a job that ends with this word.

    `words` must have at most one element: see connectors.engine.flink.end.
    """
    said = _collected(words)
    client = env.execute_async(name)
    print(f"{name} runs as job {client.get_job_id()}", flush=True)
    word = next(said, None)
    if word is None:
        print(
            f"{name} was stopped before it was complete: start it again from its savepoint", file=sys.stderr
        )
        return None
    savepoint = client.stop_with_savepoint(True).result()
    print(f"{name} {said_of(word)}; savepoint {savepoint}", flush=True)
    return word


def cause(error: Exception) -> str:
    """The message of this project's error in a Java stack trace; otherwise the trace's first line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    own_lines = [line for line in lines if line.startswith("connectors.")]
    return own_lines[-1].partition(": ")[2] if own_lines else next(iter(lines), type(error).__name__)


def _collected(notices: DataStream) -> Iterator[str]:
    """The elements of a stream. Each is delivered after the checkpoint that covers it."""
    collected = notices._j_data_stream.collectAsync()
    _ask_seldom(collected)

    def texts() -> Iterator[str]:
        while collected.hasNext():
            yield str(collected.next())

    return texts()


def _ask_seldom(collected: Any) -> None:
    """Reduce the polling of Flink's result iterator. It polls ten times per second, which costs client and
    JobManager 1/7 of a core, and no setting changes it. Does nothing if the fields have other names.

    Source: org.apache.flink.streaming.api.operators.collect.CollectResultFetcher, Flink 1.20.
    """
    with suppress(Py4JJavaError):
        fetcher = _field(collected, "fetcher").get(collected)
        _field(fetcher, "retryMillis").setInt(fetcher, ASK_MS)


def _field(of: Any, name: str) -> Any:
    field = of.getClass().getDeclaredField(name)
    field.setAccessible(True)
    return field


LAST_WORDS_SECONDS = 1.0
"""Time for the launcher to forward the last output: the thread that forwards it ends with the launcher."""


LAUNCHED = "PYFLINK_GATEWAY_PORT"
"""Set by the `flink` launcher, so that the program can connect; not set if the program started its own
JVM."""


def leave(code: int) -> None:
    """End this program and its `flink` launcher, if any, with this exit code.

    The launcher turns every code of its Python program into 1 and prints a Java stack trace.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    if code and LAUNCHED in os.environ:
        time.sleep(LAST_WORDS_SECONDS)
        with suppress(Exception):  # the JVM ends before it can respond
            get_gateway().jvm.java.lang.Runtime.getRuntime().halt(code)
    sys.exit(code)
