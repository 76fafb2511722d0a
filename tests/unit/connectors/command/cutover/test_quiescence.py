"""The proof that writes have stopped."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.command.cutover.ports import Flow
from connectors.command.cutover.quiescence import QuiescenceWatch, since_then


def flow(through, changes=5, restarts=0, job="f1", table="orders"):
    return Flow(job, "RUNNING", restarts, {table: changes}, through)


def test_nothing_is_proven_before_the_job_has_read_past_the_required_quiet_time():
    watch = QuiescenceWatch(30)
    assert watch.take(flow(94), 100) is None
    assert watch.take(flow(129), 135) is None
    assert watch.take(flow(131), 137) is None
    assert watch.take(flow(132), 138).through == 131


def test_a_change_restarts_the_watch():
    watch = QuiescenceWatch(30)
    for at in range(100, 150):
        assert watch.take(flow(at - 20, changes=at // 25), at) is None
    assert watch.moved == ["orders +1"]
    assert watch.since == 125


def test_the_counters_of_the_poll_after_the_time_decide():
    """Flink may return a time that is newer than the counters in the same response."""
    watch = QuiescenceWatch(30)
    watch.take(flow(94), 100)
    assert watch.take(flow(140), 146) is None
    assert watch.take(flow(141, changes=6), 147) is None
    assert watch.since == 147


def test_a_restart_of_the_job_restarts_the_watch_even_with_equal_counters():
    watch = QuiescenceWatch(30)
    watch.take(flow(94), 100)
    watch.take(flow(140), 146)
    assert watch.take(flow(141, restarts=1), 147) is None
    assert watch.moved == ["the job has restarted"]


def test_nothing_is_proven_while_the_read_position_is_unknown():
    watch = QuiescenceWatch(1)
    for at in range(100, 1000, 10):
        assert watch.take(flow(None), at) is None
    assert not watch.known


def test_the_first_change_of_a_table_restarts_the_watch():
    watch = QuiescenceWatch(10)
    watch.take(flow(94), 100)
    watch.take(flow(111, table="new"), 117)
    assert watch.moved == ["new +5", "orders -5"]


def test_a_proof_is_valid_until_a_change_is_counted_or_the_job_restarts():
    watch = QuiescenceWatch(1)
    watch.take(flow(94), 100)
    watch.take(flow(102), 108)
    quiet = watch.take(flow(103), 109)
    assert since_then(quiet, flow(9999)) == []
    assert since_then(quiet, flow(9999, changes=7)) == ["orders +2"]
    assert since_then(quiet, flow(9999, restarts=1)) == ["the job has restarted"]
    assert since_then(quiet, flow(9999, job="f2")) == ["the job has restarted"]


@given(
    writes=st.lists(st.floats(0, 200), max_size=4),
    lag=st.floats(0, 20),
    delays=st.lists(st.sampled_from([0, 1, 5, 10]), min_size=200, max_size=200),
)
def test_no_write_is_within_the_proven_quiet_time(writes, lag, delays):
    """The job counts a write at most `lag` seconds later. Flink returns counters that are up to ten seconds
    old, but never older ones in the next poll."""
    watch, taken = QuiescenceWatch(30), 0.0
    for at, delay in zip(range(200), delays):
        taken = max(taken, at - delay)
        counted = sum(1 for write in writes if write + lag <= taken)
        proof = watch.take(flow(taken - lag, changes=counted), at)
        if proof:
            assert not [write for write in writes if proof.since < write + lag and write < proof.through]
            return
