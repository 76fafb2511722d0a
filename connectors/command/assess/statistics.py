"""Sizes and partition keys of a table, from its sample. Pure.

The items of a drawn segment are neighbours, so a segment counts as one observation: the mean size is a
ratio estimate over segments. Every interval has the confidence `CONFIDENCE`.
"""

from __future__ import annotations

from math import log, sqrt
from typing import NamedTuple, Optional, Sequence, Tuple

CONFIDENCE = 0.95
Z = 1.959964
"""The normal distribution's quantile for it."""
TENTH = 0.1
FEWEST = 8
"""Segments with items, below which no interval is stated."""


class Interval(NamedTuple):
    estimate: float
    low: float
    high: float

    @property
    def exact(self) -> bool:
        return self.low == self.high


class SizeStatistics(NamedTuple):
    """Bytes."""

    mean: Optional[Interval]
    """None: too few segments with items."""
    median: int
    p99: int
    largest: int
    top_tenth: Interval
    """Share of the bytes that the largest tenth of the items holds."""


def size_statistics(segments: Sequence[Sequence[int]], whole: bool) -> Optional[SizeStatistics]:
    """`segments`: sizes of the items of each drawn segment. `whole`: these are all items of the table. None
    if there is no item."""
    sizes = sorted(size for segment in segments for size in segment)
    if not sizes:
        return None
    return SizeStatistics(
        _exactly(sum(sizes) / len(sizes)) if whole else mean_of(segments),
        _quantile(sizes, 0.5),
        _quantile(sizes, 0.99),
        sizes[-1],
        _exactly(_top_share(sizes)) if whole else top_tenth_of(segments),
    )


def mean_of(segments: Sequence[Sequence[int]]) -> Optional[Interval]:
    """The mean size, as the ratio of bytes to items over segments, with its linearized variance."""
    sampled = [(len(segment), sum(segment)) for segment in segments if segment]
    if len(sampled) < FEWEST:
        return None
    count = len(sampled)
    items = sum(number for number, _ in sampled)
    mean = sum(total for _, total in sampled) / items
    rest = sum((total - mean * number) ** 2 for number, total in sampled) / (count - 1)
    half = _student(count - 1) * sqrt(rest * count) / items
    return Interval(mean, max(0.0, mean - half), mean + half)


def top_tenth_of(segments: Sequence[Sequence[int]]) -> Interval:
    """The share of the bytes in the largest tenth of the items.

    Its variance is that of the sum of each segment's influence on the share. The size q above which an item
    is in the largest tenth comes from the sample too; the influence of an item of x bytes is therefore
    max(0, x - q) + q / 10 - share * x, relative to the bytes of the sample. With too few segments nothing is
    known: a tenth of the bytes at least, and all of them at most.
    """
    sizes = sorted(size for segment in segments for size in segment)
    share, sampled = _top_share(sizes), [segment for segment in segments if segment]
    count, q = len(sampled), _quantile(sizes, 1 - TENTH)
    if count < FEWEST:
        return Interval(share, min(share, TENTH), 1.0)
    influences = [sum(max(0, size - q) + TENTH * q - share * size for size in segment) for segment in sampled]
    spread = sum(influence**2 for influence in influences) / (count - 1)
    half = _student(count - 1) * sqrt(spread * count) / max(1, sum(sizes))
    return Interval(share, min(share, max(TENTH, share - half)), min(1.0, share + half))


def _top_share(ordered: Sequence[int]) -> float:
    return sum(ordered[-max(1, int(len(ordered) * TENTH)) :]) / max(1, sum(ordered))


def partition_keys(drawn: int, filled: int, total: int, items: int) -> Optional[Interval]:
    """The number of partition keys, from the share of segments that have items.

    `filled` of `drawn` segments, out of `total`, have an item. With K keys at random hashes, a segment is
    empty with the probability exp(-K / total). The number is at most `items`. None if nothing was drawn.
    """
    if not drawn:
        return None
    low, high = wilson(filled, drawn)
    shares = (filled / drawn, low, high)
    estimate, least, most = (min(float(items), _keys(share, total)) for share in shares)
    return Interval(max(1.0, estimate), max(1.0, least), max(1.0, most))


def _keys(share: float, total: int) -> float:
    return float("inf") if share >= 1.0 else -total * log(1.0 - share)


def wilson(hits: int, of: int) -> Tuple[float, float]:
    """Wilson's score interval of a share: never below 0 or above 1, and useful near both."""
    share, square = hits / of, Z * Z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = Z / (1 + square / of) * sqrt(share * (1 - share) / of + square / (4 * of * of))
    return max(0.0, middle - half), min(1.0, middle + half)


def _student(freedom: int) -> float:
    """The quantile of Student's distribution, by two terms of its expansion around the normal one: less than
    1 % too low for seven degrees of freedom."""
    first = (Z**3 + Z) / (4 * freedom)
    return Z + first + (5 * Z**5 + 16 * Z**3 + 3 * Z) / (96 * freedom**2)


def _exactly(value: float) -> Interval:
    return Interval(value, value, value)


def _quantile(ordered: Sequence[int], share: float) -> int:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
