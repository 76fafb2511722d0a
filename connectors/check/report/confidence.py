"""The conclusion from a random sample about all keys. Pure.

The exact bound of Clopper and Pearson: were a larger share of all keys different, so few differences would be
found with less than the remaining probability. For none among n it is 1 - 0.01 ** (1 / n). A sample drawn
without putting back, as ours is, says a little more than that, never less.
"""

from __future__ import annotations

from math import ceil, exp, expm1, floor, lgamma, log, log1p

CONFIDENCE = 0.99
REST = 1 - CONFIDENCE
NEGLIGIBLE = 1e-18
"""Of a sum of floats: less than its last digit."""
PLAIN = 10
"""Above 1 in 10, a form such as "1 in 3" is too coarse, so per cent are used."""


def statement(sampled: int, different: int) -> str:
    """For the report: "no difference among 10,000 sampled keys: with 99 % confidence fewer than 1 in 2,171
    differ"."""
    if sampled == 0:
        return "no key was sampled, so nothing is known"
    found = f"{different:,} difference{'' if different == 1 else 's'}" if different else "no difference"
    keys = f"{sampled:,} sampled key{'' if sampled == 1 else 's'}"
    if different >= sampled:
        return f"{found} among {keys}: every one of them differs"
    bound = _shown(upper_bound(sampled, different))
    return f"{found} among {keys}: with {CONFIDENCE:.0%} confidence {bound}".replace("%", " %")


def upper_bound(sampled: int, different: int) -> float:
    """The share of differing keys that is not exceeded, with CONFIDENCE.

    `different` of `sampled` keys differ. 1.0 when all of them do, or when nothing was sampled.
    """
    if different >= sampled:
        return 1.0
    if different == 0:
        return -expm1(log(REST) / sampled)
    low, high = different / sampled, 1.0
    while low < (middle := (low + high) / 2) < high:
        if _at_most(different, sampled, middle) > REST:
            low = middle
        else:
            high = middle
    return high


def _at_most(different: int, sampled: int, share: float) -> float:
    """Probability of at most so many differences among `sampled` where `share` of all keys differ.

    `share` is above `different / sampled`, so the terms fall from the last one down.
    """
    term = total = exp(
        lgamma(sampled + 1)
        - lgamma(different + 1)
        - lgamma(sampled - different + 1)
        + different * log(share)
        + (sampled - different) * log1p(-share)
    )
    for count in range(different, 0, -1):
        term *= count / (sampled - count + 1) * (1 - share) / share
        if term <= total * NEGLIGIBLE:
            break
        total += term
    return total


def _shown(bound: float) -> str:
    """Rounded to the safe side."""
    if bound <= 1 / PLAIN:
        return f"fewer than 1 in {floor(1 / bound):,} differ"
    return f"fewer than {ceil(bound * 1000) / 10:.1f}% differ"
