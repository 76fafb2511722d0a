"""A stop ends all processes of a server and no others, whatever has happened to the server or its starter."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from local.stack.errors import StackError
from local.stack.home import PROJECT, Home
from local.stack.process import Record
from local.stack.server import Server
from local.stack.sweep import running, sweep

STUBBORN = [sys.executable, str(Path(__file__).with_name("stubborn.py"))]
STARTER = """
import sys, time
from pathlib import Path
from local.stack.home import Home
from local.stack.reaper import watch
from tests.integration.stack.test_nothing_survives import Stubborn
home = Home(Path(sys.argv[1]))
reaper = watch(home) if "watched" in sys.argv else None
Stubborn(home, "stubborn").start()
print("started", flush=True)
time.sleep(600)
"""


class Stubborn(Server):
    grace = 0.3

    def start(self):
        self.spawn(STUBBORN, {}, self.home.data)

    def ready(self):
        return len(self.processes()) == 2


class Broken(Server):
    def start(self):
        self.spawn([sys.executable, "-c", "print('port 5432 is taken')"], {}, self.home.data)

    def ready(self):
        return False


@pytest.fixture
def place(tmp_path):
    Home(tmp_path).prepare()
    yield Home(tmp_path)
    sweep(Home(tmp_path))


def started_by_another(place, *options):
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(place.root), *options], stdout=subprocess.PIPE, cwd=PROJECT
    )
    assert starter.stdout.readline() == b"started\n"
    server = Stubborn(place, "stubborn")
    server.wait_ready(10)
    starter.kill()
    starter.communicate()
    return server


def test_a_server_that_ignores_the_signal_is_killed_with_its_children(place):
    server = Stubborn(place, "stubborn")
    server.start()
    server.wait_ready(10)
    server.stop()
    assert server.pid is None
    assert running(place) == []


def test_children_that_outlive_a_killed_server_end_with_its_stop(place):
    server = Stubborn(place, "stubborn")
    server.start()
    server.wait_ready(10)
    server.kill9()
    assert len(server.processes()) == 1
    server.stop()
    assert running(place) == []


def test_a_sweep_ends_what_a_killed_starter_has_left(place):
    server = started_by_another(place)
    assert len(running(place)) == 2
    sweep(place)
    assert running(place) == []
    assert server.pid is None


def test_a_sweep_finds_servers_without_a_record(place):
    server = started_by_another(place)
    for record in place.run.glob("*.json"):
        record.unlink()
    assert server.pid is None
    sweep(place)
    assert running(place) == []


def test_the_reaper_ends_the_servers_of_a_killed_owner_and_removes_its_files(place):
    started_by_another(place, "watched")
    deadline = time.monotonic() + 120
    while place.root.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not place.root.exists()
    assert running(place) == []


def test_a_stale_record_never_leads_to_an_unrelated_process(place):
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        long_ago = psutil.Process(bystander.pid).create_time() - 60
        Record(bystander.pid, long_ago, signal.SIGKILL, 1.0).save(place.run / "stubborn.json")
        assert Stubborn(place, "stubborn").pid is None
        Stubborn(place, "stubborn").stop()
        Record(bystander.pid, long_ago, signal.SIGKILL, 1.0).save(place.run / "stubborn.json")
        sweep(place)
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_two_homes_do_not_end_each_others_servers(place, tmp_path_factory):
    other = Home(tmp_path_factory.mktemp("other"))
    server = Stubborn(other, "stubborn")
    server.start()
    try:
        server.wait_ready(10)
        sweep(place)
        assert len(running(other)) == 2
    finally:
        server.stop()


def test_a_server_is_not_started_twice(place):
    server = Stubborn(place, "stubborn")
    server.start()
    with pytest.raises(StackError, match="already running"):
        Stubborn(place, "stubborn").start()


def test_a_server_that_gives_up_says_why(place):
    server = Broken(place, "broken")
    server.start()
    with pytest.raises(StackError, match="port 5432 is taken"):
        server.wait_ready(10)
    assert os.path.exists(server.log)
