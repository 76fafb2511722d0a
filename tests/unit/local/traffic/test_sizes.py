from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from local.standin.values import item_bytes
from local.traffic.sizes import item_size
from tests.integration.standin.strategies import numbers


@given(numbers())
def test_every_notation_of_a_number_has_the_same_size(text: str) -> None:
    plain = format(Decimal(text), "f")
    for measure in (item_size, item_bytes):
        assert measure({"n": {"N": plain}}) == measure({"n": {"N": text}})


def aligned(text: str) -> int:
    """The size of a number in MiniStack: pairs of digits on both sides of the decimal point, one byte, and
    one for a minus."""
    whole, _, fraction = format(Decimal(text), "f").lstrip("-").partition(".")
    pairs = whole.zfill(len(whole) + len(whole) % 2) + fraction + "0" * (len(fraction) % 2)
    found = [pairs[at : at + 2] for at in range(0, len(pairs), 2)]
    full = [at for at, pair in enumerate(found) if pair != "00"]
    return 1 + (full[-1] - full[0] + 1 + text.startswith("-") if full else 0)


@given(numbers())
@example("-1" + "2" * 36 + "1E3")
def test_no_number_counts_for_more_where_its_pairs_are_aligned_and_its_sign_counts(text: str) -> None:
    assert aligned(text) <= item_size({"": {"N": text}}) <= 22


@given(st.lists(numbers(), min_size=1, max_size=3))
def test_no_item_is_larger_for_the_stand_in_than_for_the_generator(texts: list) -> None:  # type: ignore[type-arg]
    item = {"id": {"S": "é"}, "n": {"NS": texts}, "m": {"M": {"l": {"L": [{"N": texts[0]}, {"B": "AA=="}]}}}}
    assert item_bytes(item) <= item_size(item)
