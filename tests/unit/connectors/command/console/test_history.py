"""The points of the tiles, and the file that keeps them."""

from connectors.command.console.history import MOST, SPACING, Point, extended, grown, point
from connectors.command.console.memory import Memory, default_path, load, save
from connectors.model.jobs import CHECK
from tests.unit.connectors.command.console.jobs import LIVE, SCANNING, job, late


def at(seconds, lag=1):
    return Point(float(seconds), lag, 0.0, 0, 0, 0)


def test_a_point_sums_the_tables_and_takes_the_largest_lag():
    made = point([job(orders=late(41), users={**LIVE, "deadLetters": 2}), job(CHECK, orders=SCANNING)], 5.0)
    assert (made.lag, made.items, made.dead_letters) == (41, 2000, 2)


def test_points_are_spaced_and_the_latest_is_always_there():
    points = []
    for second in range(0, 101, 2):
        points = extended(points, at(second))
    assert points[-1].at == 100
    assert all(new.at - old.at >= SPACING for old, new in zip(points, points[1:-1]))
    assert 9 <= len(points) <= 12


def test_the_history_is_bounded_and_a_clock_that_steps_back_ends_it():
    points = []
    for step in range(MOST + 50):
        points = extended(points, at(step * SPACING))
    assert len(points) == MOST
    assert extended(points, at(5)) == [at(5)]


def test_a_counter_that_starts_at_zero_again_has_not_shrunk():
    assert grown([5, 7, 0, 3]) == 5


def test_the_memory_survives_and_only_its_owner_can_read_it(tmp_path):
    path = tmp_path / "new" / "console.json"
    memory = Memory(points=[at(1)])
    memory.seen.copied = True
    assert save(path, memory) == ""
    assert load(path) == memory
    assert path.stat().st_mode & 0o77 == 0


def test_a_damaged_or_missing_memory_is_empty(tmp_path):
    path = tmp_path / "console.json"
    assert load(path) == Memory()
    path.write_text('{"version": 99}')
    assert load(path) == Memory()
    path.write_text("{")
    assert load(path) == Memory()


def test_a_memory_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    assert "cannot be written" in save(tmp_path / "file" / "console.json", Memory())


def test_each_cluster_has_its_own_file(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_path("http://127.0.0.1:8081").name == "console-127.0.0.1-8081.json"
    assert default_path("https://flink/../../etc").parent == tmp_path / "polarshake"
