"""Whether a stream gets anywhere, whatever its connections do."""

from connectors.postgres.replication.patience import Patience


def failing(patience, seconds):
    """Whether any of the failures up to then is one too many."""
    over = [patience.over(float(now)) for now in range(seconds)]
    return any(over)


def test_a_server_that_stays_away_is_given_up():
    assert not failing(Patience(10), 10)
    assert failing(Patience(10), 12)


def test_connections_that_always_fail_at_the_same_place_are_not_progress():
    patience = Patience(10)
    for now in range(12):
        patience.began(100)
        patience.keepalive(90 + now % 3)
        patience.data(120)
        over = patience.over(float(now))
    assert over


def test_a_message_from_beyond_all_earlier_ones_is_progress():
    patience = Patience(10)
    for now in range(100):
        patience.began(100)
        patience.data(120 + now)
        assert not patience.over(float(now))


def test_an_advancing_slot_is_progress():
    patience = Patience(10)
    for now in range(100):
        patience.began(100 + now)
        assert not patience.over(float(now))


def test_a_server_with_nothing_to_send_is_not_failing():
    patience = Patience(10)
    assert not patience.over(0.0)
    patience.began(100)
    patience.keepalive(100)
    patience.keepalive(100)
    assert not patience.over(500.0)


def test_keepalives_around_data_do_not_mean_that_there_is_nothing_to_send():
    patience = Patience(10)
    patience.began(100)
    patience.data(200)
    patience.over(0.0)
    for _ in range(2):
        patience.began(100)
        patience.keepalive(100)
        patience.data(200)
        patience.keepalive(100)
    assert patience.over(11.0)


def test_the_time_that_a_connection_takes_counts_too():
    patience = Patience(10)
    patience.trying(0.0)
    assert patience.over(11.0)
    patience.began(100)
    assert not patience.over(12.0)
