from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from local.stack.errors import StackError
from local.stack.flink import config
from local.stack.flink.cluster import FlinkCluster
from local.stack.flink.config import Sizes, settings, write
from local.stack.flink.rest import Rest
from local.stack.home import Home


@pytest.fixture
def distribution(tmp_path, monkeypatch):
    home = tmp_path / "pyflink"
    (home / "conf").mkdir(parents=True)
    opens = " ".join(f"--add-opens=java.base/java.{n}=ALL-UNNAMED" for n in range(40))
    options = {"env": {"java": {"opts": {"all": opens}}}, "taskmanager": {"numberOfTaskSlots": 1}}
    (home / "conf" / "config.yaml").write_text(yaml.safe_dump(options))
    monkeypatch.setattr(config, "flink_home", lambda: home)
    return opens


def test_the_stacks_settings_replace_those_of_the_distribution_and_keep_its_java_options_on_one_line(
    distribution, tmp_path
):
    write(tmp_path / "conf", settings(Sizes(slots=7), 8081, 6123, Path("/data")))
    lines = (tmp_path / "conf" / "config.yaml").read_text().splitlines()
    assert f"env.java.opts.all: {distribution}" in lines
    assert "taskmanager.numberOfTaskSlots: 7" in lines
    assert len({line.split(":")[0] for line in lines}) == len(lines)


def test_flink_does_not_log_the_environment_of_a_jobs_main_program_or_of_a_taskmanager(
    distribution, tmp_path
):
    for name in ("log4j.properties", "log4j-cli.properties"):
        (tmp_path / "pyflink" / "conf" / name).write_text("rootLogger.level = INFO\n")
    write(tmp_path / "conf", settings(Sizes(), 8081, 6123, Path("/data")))
    for name in ("log4j.properties", "log4j-cli.properties"):
        text = (tmp_path / "conf" / name).read_text()
        assert text.startswith("rootLogger.level = INFO")
        assert "PythonEnvUtils\nlogger.pythonenv.level = WARN" in text
        assert "DefaultJobBundleFactory\nlogger.beamenv.level = ERROR" in text


def test_every_address_is_loopback():
    bound = settings(Sizes(), 8081, 6123, Path("/data"))
    assert {value for key, value in bound.items() if key.endswith(("address", "host"))} == {"127.0.0.1"}


def test_settings_of_a_test_override_those_of_the_stack():
    given = Sizes(settings={"heartbeat.timeout": "50000"})
    assert settings(given, 8081, 6123, Path("/data"))["heartbeat.timeout"] == "50000"


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    monkeypatch.setattr("local.stack.flink.cluster.flink_home", lambda: tmp_path)
    return FlinkCluster(Home(tmp_path))


def test_the_latest_checkpoint_is_the_highest_number_that_is_complete(cluster):
    for name in ("chk-9/_metadata", "chk-10/_metadata", "chk-11/unfinished", "shared/x"):
        file = cluster.data / "checkpoints" / "abc" / name
        file.parent.mkdir(parents=True)
        file.touch()
    assert cluster.latest_checkpoint("abc").name == "chk-10"
    assert cluster.latest_checkpoint("unknown") is None


class Answers(Rest):
    """A REST API that gives prepared answers in turn."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def call(self, method, path, body=None):
        return self.answers.pop(0)


def test_a_cluster_is_ready_when_its_slots_are_offered_not_when_the_taskmanager_has_registered(
    cluster, monkeypatch
):
    monkeypatch.setattr(cluster.jobmanager, "wait_ready", lambda seconds: None)
    cluster.taskmanagers = [SimpleNamespace(wait_ready=lambda seconds: None)]
    cluster.rest = Answers(*({"taskmanagers": 1, "slots-total": slots} for slots in (0, 0, 4)))
    cluster.wait_ready(10.0)
    assert cluster.rest.answers == []


def test_a_savepoint_is_waited_for():
    done = {"status": {"id": "COMPLETED"}, "operation": {"location": "file:/savepoint"}}
    answers = Answers({"request-id": "1"}, {"status": {"id": "IN_PROGRESS"}}, done)
    assert answers.stop_with_savepoint("abc") == "file:/savepoint"


def test_a_failed_savepoint_gives_flinks_reason():
    failed = {"status": {"id": "COMPLETED"}, "operation": {"failure-cause": {"stack-trace": "disk full"}}}
    with pytest.raises(StackError, match="disk full"):
        Answers({"request-id": "1"}, failed).stop_with_savepoint("abc")
