"""Nothing that a job leaves behind holds a secret."""

import json
import os
import re
from pathlib import Path

import pytest

from tests.cluster.conftest import LOSSES_SEEN
from tests.cluster.migration import until
from tests.cluster.workers import workers


@pytest.fixture
def cluster(flink_cluster):
    return flink_cluster(LOSSES_SEEN)


def files_with(secret: bytes, folders):
    """Files, of the servers and of Flink, that hold it in clear or in base64 without padding."""
    found = []
    for path in (path for folder in folders for path in files_in(folder)):
        try:
            if secret in path.read_bytes():
                found.append(path)
        except OSError:  # removed meanwhile
            continue
    return found


def files_in(folder):
    """Unlike rglob of Python before 3.13, this passes over a folder that is removed meanwhile."""
    paths = [Path(root, name) for root, _, names in os.walk(folder) for name in names]
    return [path for path in paths if path.is_file()]


def rest_of(cluster, job_id):
    """All that the REST API and so the web UI tell of a job and the cluster."""
    paths = [
        "",
        "/plan",
        "/config",
        "/jobmanager/config",
        "/exceptions",
        "/checkpoints/config",
        "/accumulators",
    ]
    of_job = [cluster.rest.get(f"/jobs/{job_id}{path}") for path in paths if path != "/jobmanager/config"]
    of_cluster = [
        cluster.rest.get(path) for path in ("/jobmanager/config", "/config", "/jobmanager/environment")
    ]
    for one in cluster.rest.get("/taskmanagers")["taskmanagers"]:
        of_cluster.append(cluster.rest.get(f"/taskmanagers/{one['id']}"))
    return json.dumps([of_job, of_cluster])


def arguments_of_all():
    """The command lines of all processes, as any user of the machine can read them."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes())
        except OSError:
            continue
    return b"\n".join(found)


def test_no_secret_is_in_a_log_a_file_the_web_ui_or_the_process_list(
    migration, cluster, home, standin, postgres, source_secret
):
    secrets = [source_secret, standin.secret_key.reveal(), postgres.password.reveal()]
    assert all(re.fullmatch(r"\S{16,}", each) for each in secrets)
    moving = migration(items=300)
    moving.submit(scan__readLimit__rate="0")
    until(moving.ended, "the scan has ended")
    moving.wait_checkpoint()
    # Failures print more than a success: stack traces, and what was under way.
    workers(cluster)[0].kill()
    moving.wait_restart(1)
    # TaskManagers started in here have the secrets in their environment, as they may on Kubernetes.
    for each in cluster.taskmanagers:
        each.kill9()
        each.start()
    # Flink may count this failure and the one before as one; a checkpoint begun after it needs the restart.
    moving.wait_checkpoint()
    told, processes = rest_of(cluster, moving.job_id), arguments_of_all()
    moving.stop_traffic()
    moving.assert_equal()
    cluster.stop_with_savepoint(moving.job_id)
    cluster.wait_status(moving.job_id, "FINISHED", seconds=180)
    moving.assert_whole()
    for secret in secrets:
        assert secret not in told
        assert secret.encode() not in processes
        assert not files_with(secret.encode(), [home.logs, home.conf, cluster.data, moving.dead])


def test_no_secret_of_the_way_back_is_told_when_connections_fail_and_the_slot_is_lost(
    way_back, cluster, home, postgres, source_secret
):
    way_back.submit(write__retrySeconds="60")
    way_back.wait_moving()
    workers(cluster)[0].kill()
    way_back.wait_restart(1)
    way_back.wait_moving()
    with way_back.shut_out():
        failed = f'connecting: connection to server at "{postgres.host}", port {postgres.port} failed'
        until(lambda: files_with(failed.encode(), [home.logs]), "the job tells of a failed connection", 60)
        way_back.drop_slot()
    lost = f"replication slot {way_back.slot} does not exist"
    until(lambda: lost in rest_of(cluster, way_back.job_id), "the job says that its slot is gone", 60)
    told, processes = rest_of(cluster, way_back.job_id), arguments_of_all()
    for secret in (source_secret, postgres.password.reveal()):
        assert re.fullmatch(r"\S{16,}", secret)
        assert secret not in told
        assert secret.encode() not in processes
        assert not files_with(secret.encode(), [home.logs, home.conf, cluster.data, way_back.dead])


def test_the_search_finds_what_is_there(tmp_path):
    (tmp_path / "log").write_text("a secret-of-16-letters here")
    assert files_with(b"secret-of-16-letters", [tmp_path]) == [tmp_path / "log"]
