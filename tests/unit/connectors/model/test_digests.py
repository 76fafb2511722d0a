from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.model.digests import DIGEST_SIZE, digest_of, lane_of


@settings(deadline=None)
@given(st.text(), st.text(), st.binary(), st.binary())
def test_a_digest_names_one_key_of_one_table(one: str, other: str, key: bytes, another: bytes) -> None:
    assert len(digest_of(one, key)) == DIGEST_SIZE
    assert (digest_of(one, key) == digest_of(one, another)) == (key == another)
    if one.encode()[-64:] != other.encode()[-64:]:
        assert digest_of(one, key) != digest_of(other, key)


def test_keys_spread_evenly_over_the_lanes() -> None:
    counts = [0] * 16
    for number in range(16_000):
        counts[lane_of(digest_of("t", str(number).encode()), 16)] += 1
    assert min(counts) > 850
    assert max(counts) < 1150


def test_a_key_has_the_same_lane_in_every_process() -> None:
    """Python's own hash differs from process to process: two lanes would compare one key."""
    digest = digest_of("orders", b"7")
    assert digest.hex() == "393d71f5cd5ba3c690bb424c5c57aceb"
    assert [lane_of(digest, lanes) for lanes in (1, 4, 7, 128)] == [0, 1, 2, 57]
