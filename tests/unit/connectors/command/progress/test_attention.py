"""Which tables need attention, and in which order tables are shown."""

import pytest

from connectors.command.progress.attention import ORDER, attention, by_need
from connectors.command.progress.snapshot import Stage, TableProgress


def table(name="orders", stage=Stage.LIVE, lag=6, dead=0, **others):
    return TableProgress(name, stage, 1, 10, 10, 4, 4, dead, lag, **others)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (table(), None),
        (table(dead=1), "1 dead letter"),
        (table(stage=Stage.CATCHING_UP, lag=60), None),
        (table(stage=Stage.CATCHING_UP, lag=61), "lag 1 min 01 s"),
        (table(stage=Stage.SCANNING, lag=5000), None),
        (table(stage=Stage.SETTLING, confirmed=2), "2 differences"),
        (table(stage=Stage.CATCHING_UP, lag=90, dead=3), "3 dead letters, lag 1 min 30 s"),
    ],
)
def test_a_table_needs_attention_for_a_reason(given, reason):
    assert attention(given) == reason


def test_attention_comes_first_then_unfinished_work_then_lag_then_the_name():
    given = [
        *(table("b"), table("a"), table("slow", lag=9), table("copying", Stage.SCANNING, 300)),
        *(table("behind", Stage.CATCHING_UP, 20), table("dead", dead=1)),
    ]
    names = [each.table for each in by_need(given)]
    assert names == ["dead", "behind", "copying", "slow", "a", "b"]


def test_every_stage_has_its_place():
    assert set(ORDER) == set(Stage)
