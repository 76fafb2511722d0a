"""The conclusion from a random sample about all keys. Pure.

The bound is the exact one of Clopper and Pearson. If the share of differing keys were larger, the probability
of finding so few differences would be below 1 - CONFIDENCE. For no difference among n keys, the bound is 1 -
0.01 ** (1 / n). This sample is drawn without replacement, so the true bound is slightly lower, never higher.
"""

from __future__ import annotations

from math import ceil, exp, expm1, floor, lgamma, log, log1p

CONFIDENCE = 0.99
REST = 1 - CONFIDENCE
NEGLIGIBLE = 1e-18
"""A term smaller than the last digit of a sum of floats."""
PLAIN = 10
"""Smallest n of the form "1 in n". Above 1 in 10 that form is too coarse, so the text uses per cent."""


def statement(sampled: int, different: int) -> str:
    """The conclusion for the report, such as "no difference among 10,000 sampled keys: with 99 % confidence
    fewer than 1 in 2,171 differ"."""
    if sampled == 0:
        return "no key was sampled, so nothing is known"
    result = f"{different:,} difference{'' if different == 1 else 's'}" if different else "no difference"
    keys = f"{sampled:,} sampled key{'' if sampled == 1 else 's'}"
    if different >= sampled:
        return f"{result} among {keys}: every one of them differs"
    bound = _shown(upper_bound(sampled, different))
    return f"{result} among {keys}: with {CONFIDENCE:.0%} confidence {bound}".replace("%", " %")


def upper_bound(sampled: int, different: int) -> float:
    """The upper bound, with CONFIDENCE, on the share of differing keys.

    `different` of `sampled` keys differ. The bound is 1.0 if all of them differ, or if nothing was sampled.
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
    """Probability of at most `different` differences among `sampled` keys if `share` of all keys differ.

    `share` is greater than `different / sampled`, so the last term of the sum is the largest.
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
    """The bound as text, rounded up."""
    if bound <= 1 / PLAIN:
        return f"fewer than 1 in {floor(1 / bound):,} differ"
    return f"fewer than {ceil(bound * 1000) / 10:.1f}% differ"
