from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.check.report.confidence import statement, upper_bound
from tests.harness.depth import examples


def at_most(different: int, sampled: int, share: Fraction) -> Fraction:
    """Probability of at most `different` differences, without rounding."""
    hit, miss = share.numerator, share.denominator - share.numerator
    ways = sum(comb(sampled, k) * hit**k * miss ** (sampled - k) for k in range(different + 1))
    return Fraction(ways, share.denominator**sampled)


def test_a_clean_sample_of_10_000_says_fewer_than_1_in_2171() -> None:
    assert upper_bound(10_000, 0) == pytest.approx(1 - 0.01 ** (1 / 10_000))
    assert statement(10_000, 0) == (
        "no difference among 10,000 sampled keys: with 99 % confidence fewer than 1 in 2,171 differ"
    )


def test_differences_in_the_sample_increase_the_bound() -> None:
    assert statement(10_000, 3) == (
        "3 differences among 10,000 sampled keys: with 99 % confidence fewer than 1 in 995 differ"
    )
    assert statement(10_000, 1).startswith("1 difference among")


@pytest.mark.parametrize(
    ("sampled", "different", "text"),
    [
        (0, 0, "no key was sampled, so nothing is known"),
        (1, 0, "no difference among 1 sampled key: with 99 % confidence fewer than 99.0 % differ"),
        (100, 50, "50 differences among 100 sampled keys: with 99 % confidence fewer than 62.0 % differ"),
        (10, 10, "10 differences among 10 sampled keys: every one of them differs"),
    ],
)
def test_small_or_bad_samples_have_other_texts(sampled: int, different: int, text: str) -> None:
    assert statement(sampled, different) == text


@settings(deadline=None, max_examples=examples(30))
@given(st.integers(1, 30).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n - 1))))
def test_a_larger_share_would_show_so_few_differences_in_less_than_1_of_100_samples(
    case: tuple[int, int],
) -> None:
    sampled, different = case
    bound = Fraction(upper_bound(sampled, different))
    near = Fraction(1, 10**9)
    assert at_most(different, sampled, bound + (1 - bound) * near) < Fraction(1, 100)
    assert at_most(different, sampled, bound * (1 - near)) > Fraction(1, 100)


@given(st.integers(1, 10**7), st.integers(0, 50))
def test_the_bound_is_above_the_observed_share_and_falls_with_a_larger_sample(
    sampled: int, different: int
) -> None:
    if different < sampled:
        bound = upper_bound(sampled, different)
        assert different / sampled < bound < 1
        assert upper_bound(sampled * 2, different) < bound
        assert upper_bound(sampled, different + 1) > bound


def test_a_large_sample_with_many_differences_does_not_underflow() -> None:
    assert upper_bound(10**6, 10**5) == pytest.approx(0.1007, abs=1e-4)
