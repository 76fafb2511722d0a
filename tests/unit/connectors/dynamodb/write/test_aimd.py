"""The window of requests in flight: halves at once, and grows back by one a round trip."""

from __future__ import annotations

from connectors.dynamodb.write.aimd import AimdWindow


def test_throttled_answers_to_requests_that_flew_together_halve_it_once() -> None:
    """Sixty-four such answers would otherwise leave one request in flight."""
    window = AimdWindow(64)
    for _ in range(64):
        window.throttled(10.0)
    assert window.size == 32
    window.throttled(10.2)
    assert window.size == 16


def test_it_never_closes() -> None:
    window = AimdWindow(4)
    for number in range(20):
        window.throttled(float(number))
    assert window.size == 1
    assert AimdWindow(0).size == 1


def test_it_grows_by_about_one_in_a_round_trip_of_the_whole_window_and_not_beyond_the_most() -> None:
    window = AimdWindow(8)
    window.throttled(0.0)
    for _ in range(4):
        window.accepted()
    assert window.size == 4  # 4.9
    window.accepted()
    assert window.size == 5
    for _ in range(100):
        window.accepted()
    assert window.size == 8
