"""The lines about Python and Flink."""

from __future__ import annotations

import pytest

from connectors.command.doctor.cluster import ClusterFacts, cluster_lines, interpreter_line
from connectors.command.doctor.line import Level

GOOD = ClusterFacts("1.20.5", 8, "file:///mnt/checkpoints")


@pytest.mark.parametrize(
    ("version", "level"),
    [((3, 8, 18), Level.RED), ((3, 9, 0), Level.GREEN), ((3, 11, 9), Level.GREEN), ((3, 12, 0), Level.RED)],
)
def test_pythons_that_pyflink_has_wheels_for_are_green(version, level):
    line = interpreter_line(version)
    assert line.level is level
    assert "3.9 to 3.11" in line.text


@pytest.mark.parametrize(
    ("version", "level"),
    [
        ("1.20.0", Level.GREEN),
        ("1.20-vvr-11.3-SNAPSHOT", Level.GREEN),
        ("1.19.2", Level.RED),
        ("1.2.0", Level.RED),
        ("1.200.1", Level.RED),
        ("2.0.0", Level.RED),
    ],
)
def test_every_flink_version_except_1_20_is_red_with_the_version_to_start(version, level):
    line = next(cluster_lines(GOOD._replace(version=version), None))
    assert (line.level, version in line.text) == (level, True)
    assert level is Level.GREEN or "start a cluster of Flink 1.20" in line.text


def test_a_suitable_cluster_is_all_green():
    assert {line.level for line in cluster_lines(GOOD, 8)} == {Level.GREEN}


@pytest.mark.parametrize(
    ("facts", "parallelism", "words"),
    [
        (GOOD._replace(slots=0), None, "no TaskManager has registered"),
        (GOOD, 9, "8 slots, and parallelism is 9"),
        (GOOD._replace(checkpoints=""), None, "execution.checkpointing.dir"),
    ],
)
def test_missing_task_slots_and_a_missing_checkpoint_folder_are_warnings(facts, parallelism, words):
    (warning,) = [line for line in cluster_lines(facts, parallelism) if line.level is not Level.GREEN]
    assert warning.level is Level.YELLOW
    assert words in warning.text
