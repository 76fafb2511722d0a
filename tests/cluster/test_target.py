"""The target is gone for a while, or refuses half of what it is asked."""

import time

import pytest

from tests.cluster.migration import until

DOWN_SECONDS = 30.0
BUSY = {
    "service": "dynamodb",
    "operation": "BatchWriteItem",
    "probability": 0.5,
    "error": {"code": "ProvisionedThroughputExceededException"},
}


@pytest.fixture
def server(target, sides, request):
    """The target as the job sees it, which the test stops; with the settings that lead to it alone."""
    if target == "mongodb":
        return sides.writes, {}
    standin = request.getfixturevalue("standin")
    return standin, {"polardb__endpoint": standin.address}


@pytest.mark.parametrize("target", ["polardb", "mongodb"], indirect=True)
def test_a_target_that_is_down_for_half_a_minute_is_waited_for_without_a_restart(migration, cluster, server):
    stopped, sets = server
    moving = migration()
    moving.submit(**sets)
    until(moving.scanning, "the scan is under way")
    stopped.stop()
    time.sleep(DOWN_SECONDS)
    assert cluster.job_status(moving.job_id) == "RUNNING"
    stopped.start()
    until(moving.ended, "the scan has ended")
    moving.assert_whole()
    moving.assert_scanned_once(restarts=0)
    moving.assert_never_failed()


def test_a_target_that_throttles_half_of_the_requests_gets_everything(migration, fault_proxy, standin):
    proxy = fault_proxy(standin.address, keys=(standin.access_key, standin.secret_key))
    moving = migration()
    proxy.set_rules([BUSY])
    moving.submit(polardb__endpoint=proxy.address)
    until(moving.ended, "the scan has ended")
    moving.assert_whole()
    moving.assert_scanned_once(restarts=0)
    assert len(proxy.fired()) > 20
    moving.assert_never_failed()
