"""`polarshake run`, with a program in place of `flink`."""

import os
import stat
import sys

import pytest
from click.testing import CliRunner

from connectors.base.errors import TerminalError
from connectors.command.app import polarshake
from connectors.command.cutover.check_progress import RunningCheck
from connectors.command.run.command import Beat
from connectors.command.run.flink import RunRequest, find_flink, words_of
from connectors.model.jobs import CHECK
from tests.fakes.flink import FakeFlink, FakeJob

ID = "0123456789abcdef" * 2


@pytest.fixture
def flink(tmp_path):
    """A program that prints its arguments, a dependency's warning and a job id. It ends with EXIT_CODE."""
    program = tmp_path / "bin" / "flink"
    program.parent.mkdir()
    program.write_text(
        "#!/bin/sh\necho called: $@\necho 'x.py:1: UserWarning: pkg_resources is deprecated as an API'\n"
        f"echo '  import pkg_resources'\n[ \"$SILENT\" ] || echo 'Job has been submitted with JobID {ID}'\n"
        "exit ${EXIT_CODE:-0}\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


def run(flink, *words, **environ):
    line = ["run", *words, "--flink-command", str(flink)]
    return CliRunner().invoke(polarshake, line, env={"POLARSHAKE_FLINK": None, **environ})


def test_the_job_is_submitted_detached_and_its_id_is_said(flink):
    done = run(flink, "forward", "--config", "a.yaml", "--flink", "127.0.0.1:8081")
    assert done.exit_code == 0
    assert "called: run -d -m 127.0.0.1:8081" in done.output
    assert "Watch it: polarshake status --flink 127.0.0.1:8081 --watch" in done.output


def test_a_check_is_waited_for_and_gives_its_exit_code(flink):
    done = run(flink, "check", EXIT_CODE="1")
    assert done.exit_code == 1
    assert "called: run -pyclientexec" in done.output


def test_other_arguments_are_passed_to_the_job_in_their_order(flink):
    done = run(flink, "check", "--config", "a.yaml", "--set", "a=b", "--repair", "-p", "4", "--keys", "x y")
    assert "jobs/check.py --config a.yaml --set a=b --repair --keys x y\n" in done.output
    assert " -p 4 " in done.output


def test_the_warning_of_a_dependency_is_left_out(flink):
    assert "pkg_resources" not in run(flink, "forward").output


def test_a_submission_without_a_job_is_an_error(flink):
    done = run(flink, "reverse", SILENT="1")
    assert done.exit_code == 2
    assert "did not report a job" in done.output


def test_a_command_that_cannot_be_run_names_the_option(tmp_path):
    done = run(tmp_path / "nothing", "forward")
    assert done.exit_code == 2
    assert "--flink-command" in done.output


def test_a_dry_run_prints_the_command_and_runs_nothing(flink):
    done = run(flink, "forward", "--dry-run")
    assert done.exit_code == 0
    assert "called" not in done.output
    assert "jobs/forward.py" in done.output


def test_flink_is_found_on_the_path_then_in_flink_home_then_in_pyflink(flink, tmp_path):
    folder = str(flink.parent)
    assert find_flink({"PATH": folder, "FLINK_HOME": "/x"}) == [str(flink)]
    assert find_flink({"PATH": "/nowhere", "FLINK_HOME": str(tmp_path)}) == [str(flink)]


def test_a_flink_that_is_nowhere_is_an_error_with_the_pip_command(monkeypatch):
    monkeypatch.setattr("connectors.command.run.flink._of_pyflink", lambda: None)
    with pytest.raises(TerminalError, match=r"pip install 'polarshake\[jobs\]'"):
        find_flink({"PATH": "/nowhere"})


@pytest.mark.parametrize("address", ["https://f:443", "http://user:pw@f:1", "http://f/proxy/x"])
def test_an_address_that_flink_run_cannot_use_is_refused_without_showing_it(address):
    with pytest.raises(TerminalError, match="FLINK_CONF_DIR") as refused:
        words_of(RunRequest("forward", ["flink"], address))
    assert "pw" not in str(refused.value)


def test_the_workers_python_is_named_only_for_a_cluster_on_this_machine():
    assert "-pyexec" in words_of(RunRequest("forward", ["flink"], "127.0.0.1:1"))
    assert "-pyexec" not in words_of(RunRequest("forward", ["flink"], "jobmanager:1"))
    assert sys.executable not in words_of(RunRequest("forward", ["kubectl", "exec", "p", "--", "flink"]))


def test_no_secret_is_among_the_words(flink):
    done = run(flink, "forward", POLARSHAKE_POLARDB_SK="verysecret")
    assert "verysecret" not in done.output
    assert os.environ.get("POLARSHAKE_POLARDB_SK") != "verysecret"


def test_while_a_check_runs_its_progress_is_said_at_each_beat(capsys):
    check = FakeJob("c1", CHECK)
    check.tables = {
        "orders": {"phase": 3, "generation": 1, "segments": 4, "expectedItems": 10, "lanesLeft": 4}
    }
    beat = Beat(RunningCheck(FakeFlink(check), lambda: 0.0))
    beat(5.0)
    beat(10.0)
    assert capsys.readouterr().err.count("the check: 0%") == 2
    Beat(RunningCheck(FakeFlink(), lambda: 0.0))(65.0)
    assert capsys.readouterr().err == "flink run: 1 min 05 s so far\n"
