"""The jobs that are shown, and the exit code."""

import pytest

from connectors.base.errors import TerminalError
from connectors.command.progress.flink import FlinkJob
from connectors.command.status.choose import chosen, exit_code
from tests.fakes.flink import FakeJob

FORWARD = FlinkJob("f1", "polarshake forward", "RUNNING", 10.0)
REVERSE = FlinkJob("r1", "polarshake reverse", "RUNNING", 20.0)
OTHER = FlinkJob("x1", "word count", "RUNNING", 30.0)


def ended(job, state="FINISHED", id="old", started=5.0):
    return FlinkJob(id, job.name, state, started)


def test_only_running_polarshake_jobs_are_shown():
    assert chosen([FORWARD, OTHER, REVERSE]) == ["r1", "f1"]


def test_an_ended_job_is_not_shown_while_another_runs():
    assert chosen([REVERSE, ended(FORWARD, id="f0")]) == ["r1"]


def test_a_failed_job_is_shown_until_it_is_started_again():
    failed = ended(FORWARD, "FAILED", "f0")
    assert chosen([REVERSE, failed]) == ["r1", "f0"]
    assert chosen([FORWARD, failed]) == ["f1"]


def test_if_no_job_runs_the_last_one_is_shown():
    assert chosen([ended(REVERSE, id="r0", started=3.0), ended(FORWARD, id="f0")]) == ["f0"]


def test_without_any_job_an_error_is_raised():
    with pytest.raises(TerminalError, match="no polarshake job"):
        chosen([OTHER])


def test_a_job_may_be_named_by_the_beginning_of_its_id():
    assert chosen([FORWARD, REVERSE], "r") == ["r1"]
    with pytest.raises(TerminalError, match="f1 \\(polarshake forward, RUNNING\\)"):
        chosen([FORWARD, REVERSE], "z")


@pytest.mark.parametrize(
    ("states", "code"),
    [(["RUNNING"], 0), (["RUNNING", "RUNNING"], 0), (["RUNNING", "FAILED"], 1), (["RESTARTING"], 1)],
)
def test_the_exit_code_is_0_only_while_every_job_runs(states, code):
    assert exit_code([FakeJob("a", "polarshake forward", state).progress() for state in states]) == code
