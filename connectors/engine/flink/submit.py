"""Submitting a job, and ending one that has an end."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from typing import Any, Iterator, Optional

from py4j.protocol import Py4JJavaError
from pyflink.datastream import DataStream, StreamExecutionEnvironment
from pyflink.java_gateway import get_gateway

from connectors.engine.flink.completion import Completion
from connectors.engine.flink.end import end
from connectors.model.jobs import PROBLEM

ASK_MS = 1000
"""Between two looks for what a job has said."""


def submit(env: StreamExecutionEnvironment, notices: DataStream, name: str) -> None:
    """For a job without an end: returns once it is submitted."""
    notices.print().name("notices").uid("notices").set_parallelism(1)
    client = env.execute_async(name)
    print(f"{name} runs as job {client.get_job_id()}", flush=True)


def run_to_completion(
    env: StreamExecutionEnvironment, notices: DataStream, name: str, completion: Completion
) -> None:
    """Wait until the job's notices say that all is done, then end it as FINISHED, with a savepoint.

    A bounded source would drop the readers' timers; so the source never ends and the job is drained.
    Raises what ended the job if it fails; where somebody else has ended it, leaves with PROBLEM.
    """
    if last_word(env, end(notices, completion), name) is None:
        leave(PROBLEM)


def last_word(env: StreamExecutionEnvironment, words: DataStream, name: str) -> Optional[str]:
    """Run until the first of `words`, then end the job. Says None, and why, where somebody else has ended it.

    `words` must not have a second one: see connectors.engine.flink.end.
    """
    said = _collected(words)
    client = env.execute_async(name)
    print(f"{name} runs as job {client.get_job_id()}", flush=True)
    word = next(said, None)
    if word is None:
        print(f"{name} was ended before all was done: start it again from its savepoint", file=sys.stderr)
        return None
    savepoint = client.stop_with_savepoint(True).result()
    print(f"{name} is finished; savepoint {savepoint}", flush=True)
    return word


def cause(error: Exception) -> str:
    """What the job itself said when it failed, out of Java's long story; else the first line of that."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    ours = [line for line in lines if line.startswith("connectors.")]
    return ours[-1].partition(": ")[2] if ours else next(iter(lines), type(error).__name__)


def _collected(notices: DataStream) -> Iterator[str]:
    """The texts of a stream, delivered with the checkpoint that covers them."""
    found = notices._j_data_stream.collectAsync()
    _ask_seldom(found)

    def texts() -> Iterator[str]:
        while found.hasNext():
            yield str(found.next())

    return texts()


def _ask_seldom(found: Any) -> None:
    """Flink's iterator asks for results ten times a second, and no setting changes that: with it client and
    JobManager use a seventh of a core. Where these fields have other names, it stays so.

    Source: org.apache.flink.streaming.api.operators.collect.CollectResultFetcher, Flink 1.20.
    """
    with suppress(Py4JJavaError):
        fetcher = _field(found, "fetcher").get(found)
        _field(fetcher, "retryMillis").setInt(fetcher, ASK_MS)


def _field(of: Any, name: str) -> Any:
    field = of.getClass().getDeclaredField(name)
    field.setAccessible(True)
    return field


LAST_WORDS_SECONDS = 1.0
"""For the launcher to pass on what was printed last: its thread that does so dies with it."""


LAUNCHED = "PYFLINK_GATEWAY_PORT"
"""Set by the `flink` launcher, for the program to find it; not where a program has started its own JVM."""


def leave(code: int) -> None:
    """End this program, and the `flink` launcher above it if there is one, with this exit code.

    The launcher turns every code of its Python program into 1 and prints a Java stack trace.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    if code and LAUNCHED in os.environ:
        time.sleep(LAST_WORDS_SECONDS)
        with suppress(Exception):  # the JVM is gone before it can answer
            get_gateway().jvm.java.lang.Runtime.getRuntime().halt(code)
    sys.exit(code)
