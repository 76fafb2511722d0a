"""polarshake status against a canned Flink."""

import json
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from connectors.command.app import polarshake
from connectors.command.status import command

SLOT = "reader.slot.flink_slot"


def run(flink, *words):
    address = flink if isinstance(flink, str) else flink.address
    return CliRunner().invoke(polarshake, ["status", "--flink", address, *words])


def test_a_running_job_gives_0_and_shows_each_table_in_80_columns(flink):
    done = run(flink)
    assert done.exit_code == 0, done.output
    for table in ("orders", "readings", "sessions"):
        assert table in done.output
    assert "checkpoints" in done.output
    assert "failed" not in done.output  # Flink refused three before all tasks ran
    assert max(map(len, done.output.splitlines())) <= 80


def test_a_failed_job_gives_1_and_its_own_message(flink):
    flink.job["state"] = "FAILED"
    flink.exceptions["exceptionHistory"]["entries"] = [
        {"stacktrace": "X\n  connectors.base.errors.GapError: table orders: changes were lost\n at a"}
    ]
    done = run(flink)
    assert done.exit_code == 1
    assert "GapError: table orders: changes were lost" in " ".join(done.output.split())


@pytest.mark.parametrize("status", [503, 401])
def test_a_flink_that_does_not_answer_properly_gives_2(flink, status):
    flink.status = status
    done = run(flink)
    assert done.exit_code == 2
    assert str(status) in done.output


def test_an_unreachable_flink_gives_2_and_so_does_another_kind_of_server(flink):
    assert run("http://127.0.0.1:1").exit_code == 2
    assert run("ftp://127.0.0.1:8081").exit_code == 2
    flink.page = b"<html>hello</html>"
    done = run(flink)
    assert (done.exit_code, "web UI's address" in done.output) == (2, True)


def test_an_unknown_job_gives_2_and_names_those_there_are(flink):
    done = run(flink, "--job", "0123")
    assert (done.exit_code, flink.job["jid"] in done.output) == (2, True)


def test_json_has_the_documented_fields(flink):
    for name, value in {"shardsReading": 4, "shardsPassedOver": 2, "shardsDone": 1}.items():
        flink.gauge(f"reader.table.orders.{name}", value)
    for name, value in {"slotActive": 1, "slotLagBytes": 2048, "slotLagSeconds": 2}.items():
        flink.gauge(f"{SLOT}.{name}", value)
    done = run(flink, "--json")
    document = json.loads(done.output)
    assert (done.exit_code, document["version"], len(document["jobs"])) == (0, 1, 1)
    job = document["jobs"][0]
    assert (job["id"], job["state"], job["restarts"]) == (flink.job["jid"], "RUNNING", 1)
    assert (job["checkpoints"]["completed"], job["checkpoints"]["failed"]) == (11, 0)
    assert job["checkpoints"]["last"]["bytes"] == 20_506
    orders = next(table for table in job["tables"] if table["table"] == "orders")
    numbers = {"share", "items", "items_per_second", "seconds_left", "lag_seconds", "dead_letters"}
    assert {"phase", *numbers} <= set(orders)
    assert orders["shards"] == {
        "not_process": 0,
        "no_need_to_process": 2,
        "wait_father_finish": 0,
        "in_processing": 4,
        "done": 1,
    }
    assert job["slots"][0] == {
        "slot": "flink_slot",
        "active": True,
        "lag_bytes": 2048,
        "lag_seconds": 2,
        "retained_wal_bytes": None,
        "retained_wal_high": False,
    }


def test_watching_ends_with_the_job(flink):
    flink.job["state"] = "CANCELED"
    done = run(flink, "--watch", "--json")
    assert done.exit_code == 1
    assert [json.loads(line)["jobs"][0]["state"] for line in done.output.splitlines()] == ["CANCELED"]


def test_watching_without_a_terminal_prints_one_display_after_the_other(flink, monkeypatch):
    # The module's own name for it: other threads of this process sleep too.
    at_once = SimpleNamespace(time=time.time, sleep=lambda seconds: flink.job.update(state="FINISHED"))
    monkeypatch.setattr(command, "time", at_once)
    done = run(flink, "--watch")
    assert done.exit_code == 1
    assert done.output.index("running for") < done.output.index("finished for")


def test_a_password_in_the_address_is_never_shown(flink):
    address = flink.address.replace("http://", "http://user:hush-hush@")
    for words in ([], ["--json"], ["--job", "0123"]):
        assert "hush-hush" not in run(address, *words).output
    assert "hush-hush" not in run("http://user:hush-hush@127.0.0.1:1").output


def test_the_command_needs_no_pyflink():
    code = "import sys; sys.modules['pyflink'] = None; import connectors.command.status.command"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
