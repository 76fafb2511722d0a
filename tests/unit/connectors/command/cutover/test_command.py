"""The command line, before any step."""

import sys

import pytest
from click.testing import CliRunner

from connectors.base.errors import TerminalError
from connectors.base.text import timestamp
from connectors.command.app import polarshake
from connectors.command.cutover.command import _record
from connectors.command.cutover.journal import Journal, JournalFile, Stopped
from connectors.command.cutover.share import Share
from connectors.command.cutover.submit import FlinkRun
from tests.fakes.cutover import DYNAMODB, POLARDB
from tests.unit.connectors.command.cutover.bench import Bench


def record(kind="cutover", begun=0.0, stopped=None, target=POLARDB):
    ended = None if stopped is None else Stopped(stopped, "file:/s")
    begun = timestamp(begun)
    return Journal(kind=kind, begun=begun, source=DYNAMODB, target=target, flink="", stopped=ended)


@pytest.mark.parametrize("name", ["cutover", "rollback"])
def test_an_invalid_configuration_exits_with_2_before_any_step(tmp_path, name):
    config = tmp_path / "application.yaml"
    config.write_text("mode: sideways\n")
    words = [name, "--config", str(config), "--flink", "http://127.0.0.1:1"]
    done = CliRunner().invoke(polarshake, words)
    assert (done.exit_code, "mode" in done.output) == (2, True)


def test_the_reverse_direction_requires_the_database_settings(tmp_path, monkeypatch):
    for variable in ("POLARSHAKE_POLARDB_USERNAME", "POLARSHAKE_POLARDB_PASSWORD"):
        monkeypatch.delenv(variable, raising=False)
    config = tmp_path / "application.yaml"
    config.write_text("")
    for name, offered in (("cutover", True), ("rollback", False)):
        words = [name, "--config", str(config), "--flink", "http://127.0.0.1:1"]
        done = CliRunner().invoke(polarshake, words)
        assert (done.exit_code, "polardb.hostname" in done.output) == (2, True)
        assert ("without it, give --without-reverse" in done.output) is offered


def test_a_stored_journal_is_continued(tmp_path):
    JournalFile(tmp_path, "cutover").save(record(stopped=5.0))
    found = _record(JournalFile(tmp_path, "cutover"), record(), tmp_path, new_journal=False)
    assert found.stopped.savepoint == "file:/s"


def test_a_journal_of_other_sides_is_refused(tmp_path):
    JournalFile(tmp_path, "cutover").save(record(target=DYNAMODB))
    with pytest.raises(TerminalError, match=r"belongs to another cutover.*--new-journal"):
        _record(JournalFile(tmp_path, "cutover"), record(), tmp_path, new_journal=False)


def test_a_cut_over_that_was_rolled_back_does_not_say_switch_now_again(tmp_path):
    JournalFile(tmp_path, "cutover").save(record(begun=1.0, stopped=5.0))
    JournalFile(tmp_path, "rollback").save(record("rollback", begun=6.0, stopped=9.0))
    with pytest.raises(TerminalError, match="a rollback followed"):
        _record(JournalFile(tmp_path, "cutover"), record(), tmp_path, new_journal=False)


def test_the_journal_of_another_group_is_refused_with_advice(tmp_path):
    group, rest = record(), record()
    group.group = ["orders"]
    JournalFile(tmp_path, "cutover").save(group)
    with pytest.raises(TerminalError, match=r"belongs to the cut-over of orders.*a folder of its own"):
        _record(JournalFile(tmp_path, "cutover"), rest, tmp_path, new_journal=False)
    JournalFile(tmp_path, "cutover").save(rest)
    with pytest.raises(TerminalError, match="belongs to a cut-over of all tables"):
        _record(JournalFile(tmp_path, "cutover"), group, tmp_path, new_journal=False)


@pytest.mark.parametrize(
    ("words", "says"),
    [(["--tables", "orders"], "needs --report"), (["--tables", "o*", "--report", "r"], "without globs")],
)
def test_a_group_needs_a_folder_and_names(tmp_path, words, says):
    config = tmp_path / "application.yaml"
    config.write_text("")
    given = ["cutover", "--config", str(config), "--flink", "http://127.0.0.1:1", "--without-reverse"]
    done = CliRunner().invoke(polarshake, [*given, *words])
    assert (done.exit_code, says in " ".join(done.output.split())) == (2, True), done.output


def test_the_jobs_of_a_group_are_started_for_its_tables_only():
    share = Share(("orders",), ("carts",), ("--set", 'filter.whiteTableSet=["orders"]'))
    starts = FlinkRun(["flink"], ["--config", "a.yaml"], "/report", share=share)
    assert """--set 'filter.whiteTableSet=["orders"]'""" in starts.command("check")
    assert """--set 'filter.whiteTableSet=["orders"]'""" in starts.command("changes")
    assert """--set 'filter.whiteTableSet=["carts", "orders"]'""" in starts.command("reverse")
    assert "filter" not in starts.command("forward")


def test_a_new_cut_over_is_continued_in_spite_of_an_old_rollback(tmp_path):
    JournalFile(tmp_path, "rollback").save(record("rollback", begun=6.0, stopped=9.0))
    JournalFile(tmp_path, "cutover").save(record(begun=20.0))
    assert _record(
        JournalFile(tmp_path, "cutover"), record(), tmp_path, new_journal=False
    ).begun == timestamp(20.0)


def test_a_rollback_before_the_latest_cut_over_is_not_continued(tmp_path):
    JournalFile(tmp_path, "rollback").save(record("rollback", begun=2.0, stopped=5.0))
    JournalFile(tmp_path, "cutover").save(record(begun=8.0, stopped=9.0))
    with pytest.raises(TerminalError, match="a cutover followed"):
        _record(JournalFile(tmp_path, "rollback"), record("rollback"), tmp_path, new_journal=False)


def test_a_new_journal_renames_the_earlier_journal(tmp_path):
    file = JournalFile(tmp_path, "cutover")
    file.save(record(stopped=5.0), "# Cut-over\n")
    assert _record(file, record(), tmp_path, new_journal=True).stopped is None
    assert sorted(path.suffix for path in tmp_path.glob("cutover-*")) == [".json", ".md"]
    assert not file.path.exists()


def test_a_damaged_journal_is_an_error_that_names_the_file(tmp_path):
    (tmp_path / "cutover.json").write_text("{")
    with pytest.raises(TerminalError, match="cannot be read"):
        JournalFile(tmp_path, "cutover").load()


def runner(code, *words):
    return FlinkRun([sys.executable, "-c", code], ["--config", "a.yaml", *words], "/report", 2)


def test_the_id_of_a_job_is_read_from_the_output_of_flink_run():
    printed = "print('Job has been submitted with JobID ' + 'ab' * 16)"
    assert runner(printed).submit("reverse") == "ab" * 16


def test_the_output_of_a_failed_flink_run_is_in_the_error():
    with pytest.raises(TerminalError, match="slot x does not exist"):
        runner("import sys; print('slot x does not exist'); sys.exit(2)").submit("reverse")


@pytest.mark.parametrize("code", [0, 1])
def test_a_check_that_ended_with_a_verdict_raises_no_error(code):
    runner(f"import sys; sys.exit({code})").check("forward")


@pytest.mark.parametrize("code", [2, 137])
def test_a_check_that_ended_without_a_verdict_raises_its_output(code):
    with pytest.raises(TerminalError, match="no route"):
        runner(f"import sys; print('no route'); sys.exit({code})").check("forward")


def test_for_a_missing_flink_command_the_error_names_the_option():
    with pytest.raises(TerminalError, match="--flink-command"):
        FlinkRun(["/no/such/flink"], [], "/report").check("forward")


def test_the_commands_are_those_that_a_person_would_type():
    made = FlinkRun(["flink"], ["--config", "a b.yaml"], "/report", 2)
    check, reverse = made.command("check", "reverse"), made.command("reverse")
    assert check.startswith("flink run -p 2 -py ")
    assert check.endswith("jobs/check.py --config 'a b.yaml' --report /report --direction reverse")
    assert reverse.startswith("flink run -d -p 2 -py ")
    assert reverse.endswith("--set reverse.startPosition=confirmed")
    forward = made.command("forward")
    assert "jobs/forward.py --config 'a b.yaml'" in forward
    assert forward.endswith("--set mode=incremental --set streams.start=now --set tables.existing=keep")


def test_a_command_is_on_one_line_so_that_it_can_be_copied(tmp_path):
    said, command = [], f"/opt/flink/bin/flink run -py /opt/jobs/check.py --report /{'x' * 60}"
    context = Bench(tmp_path).context()
    context.say = said.append
    context.tell(f"no job runs. Start it, then run this command again: `{command}`")
    context.tell(
        "Wait until every table of the job is live, as it is shown there: `polarshake status --watch`"
    )
    long, short = (text.splitlines() for text in said)
    assert command in [line.strip() for line in long]
    assert "`polarshake status --watch`" in short[1]
