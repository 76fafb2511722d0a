import pytest

pytest.importorskip("pyflink")

from connectors.config.operation import RestartSettings
from connectors.engine.flink.graph import restart_options

BACKOFF = "restart-strategy.exponential-delay"


def test_no_restarts_is_a_strategy_of_its_own_since_flink_refuses_0_attempts():
    assert restart_options(RestartSettings(attempts=0)) == {"restart-strategy.type": "none"}


def test_without_an_end_flink_gets_the_largest_number_it_knows():
    assert (
        restart_options(RestartSettings(attempts=-1))[f"{BACKOFF}.attempts-before-reset-backoff"]
        == "2147483647"
    )


def test_a_delay_of_0_is_the_shortest_that_flink_takes():
    options = restart_options(RestartSettings(attempts=3, initial_delay_seconds=0, max_delay_seconds=2))
    assert options[f"{BACKOFF}.initial-backoff"] == "1 ms"
    assert options[f"{BACKOFF}.max-backoff"] == "2 s"
    assert options[f"{BACKOFF}.attempts-before-reset-backoff"] == "3"
