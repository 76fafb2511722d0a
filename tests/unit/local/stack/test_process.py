import os

import psutil
import pytest

from local.stack.process import Record, load


def record(**changes):
    own = psutil.Process()
    return Record(
        **{"pid": own.pid, "started": own.create_time(), "stop_signal": 15, "grace": 1.0, **changes}
    )


def test_a_record_leads_to_its_process():
    assert record().process().pid == os.getpid()


def test_a_pid_that_now_belongs_to_another_process_is_not_found():
    assert record(started=psutil.Process().create_time() - 3600).process() is None


def test_a_dead_child_that_nobody_has_waited_for_does_not_count_as_running():
    child = os.fork()
    if child == 0:
        os._exit(0)
    try:
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        assert record(pid=child, started=psutil.Process(child).create_time()).process() is None
    finally:
        os.waitpid(child, 0)


def test_a_record_reads_back_as_written(tmp_path):
    record().save(tmp_path / "server.json")
    assert load(tmp_path / "server.json") == record()
    assert [each.name for each in tmp_path.iterdir()] == ["server.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}'])
def test_a_record_cut_short_counts_as_none(tmp_path, text):
    (tmp_path / "server.json").write_text(text)
    assert load(tmp_path / "server.json") is None
