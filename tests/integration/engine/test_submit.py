"""How the submitting program listens to its job, against Flink's own classes."""

import pytest

pytest.importorskip("pyflink")

from pyflink.datastream import StreamExecutionEnvironment

from connectors.engine.flink.submit import ASK_MS, _ask_seldom, _field


def interval(found):
    fetcher = _field(found, "fetcher").get(found)
    return _field(fetcher, "retryMillis").getInt(fetcher)


def test_what_a_job_says_is_asked_for_once_a_second_and_not_ten_times():
    numbers = StreamExecutionEnvironment.get_execution_environment().from_collection([1])
    found = numbers._j_data_stream.collectAsync()
    assert interval(found) == 100, "Flink asks less often by itself now: there is nothing to change"
    _ask_seldom(found)
    assert interval(found) == ASK_MS


def test_where_flink_calls_its_fields_otherwise_it_asks_as_it_likes():
    _ask_seldom(StreamExecutionEnvironment.get_execution_environment()._j_stream_execution_environment)
