"""A lane's count of dead letters, by table and over restarts."""

from connectors.engine.lane.lane import Lane
from connectors.model.lane_batch import LaneBatch, ReadKind, digest_of
from connectors.model.writes import WriteReport


class Refusing:
    """Refuses every write to the tables named."""

    def __init__(self, *tables):
        self._tables = tables

    def write(self, writes):
        dead = {}
        for write in writes:
            if write.table in self._tables:
                dead[write.table] = dead.get(write.table, 0) + 1
        refused = sum(dead.values())
        return WriteReport(len(writes) - refused, refused, dead_by_table=dead)

    def close(self):
        pass


def page(table, *keys):
    digests = [digest_of(table, key.encode()) for key in keys]
    bodies = [b'{"id":{"S":"%s"}}' % key.encode() for key in keys]
    return LaneBatch(ReadKind.SCAN, table, 1, "segment 0 of 1", digests, bodies, [False] * len(keys))


def test_dead_letters_are_counted_by_table_and_not_as_written():
    lane = Lane(Refusing("orders"))
    outcome = lane.apply([page("orders", "a", "b"), page("users", "c")])
    assert lane.dead.tables == {"orders": 2}
    assert (outcome.counts["orders"].written, outcome.counts["users"].written) == (0, 1)


def test_the_count_goes_on_after_a_restart():
    lane = Lane(Refusing("orders"))
    saved = lane.apply([page("orders", "a", "b")]).changed.puts
    again = Lane(Refusing("orders"), saved.items())
    again.apply([page("orders", "c")])
    assert again.dead.tables == {"orders": 3}


def test_a_restored_count_is_not_taken_for_touched_keys():
    saved = Lane(Refusing("orders")).apply([page("orders", "a")]).changed.puts
    outcome = Lane(Refusing(), saved.items()).apply([page("orders", "a")])
    assert outcome.counts["orders"].written == 1


def test_nothing_refused_stores_nothing():
    assert not [name for name in Lane(Refusing()).apply([page("orders", "a")]).changed.puts if name[0] == "d"]
