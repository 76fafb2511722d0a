"""Items of all ten types that both DynamoDB and jsonb accept."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

# jsonb holds no NUL, and UTF-8 no lone surrogate.
text = st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)), max_size=20)


@st.composite
def numbers(draw: Any) -> str:
    """Numbers of up to 38 significant digits, with DynamoDB's exponents, in several notations."""
    digits = draw(st.text("0123456789", min_size=1, max_size=38))
    exponent = draw(st.integers(-130, 125 - len(digits) + 1))
    sign = draw(st.sampled_from(("", "-")))
    number = Decimal(f"{sign}{digits}E{exponent}")
    return draw(st.sampled_from((f"{number:f}", f"{number:E}", f"{sign}{digits}E{exponent}")))


def same_number(text: str) -> Decimal:
    return Decimal(text)


scalars = st.one_of(
    st.builds(lambda value: {"S": value}, text),
    st.builds(lambda value: {"N": value}, numbers()),
    st.builds(lambda value: {"B": value}, st.binary(max_size=20)),
    st.builds(lambda value: {"BOOL": value}, st.booleans()),
    st.just({"NULL": True}),
    st.builds(lambda value: {"SS": value}, st.lists(text, min_size=1, max_size=4, unique=True)),
    st.builds(
        lambda value: {"NS": value}, st.lists(numbers(), min_size=1, max_size=4, unique_by=same_number)
    ),
    st.builds(
        lambda value: {"BS": value}, st.lists(st.binary(max_size=9), min_size=1, max_size=4, unique=True)
    ),
)
names = text.filter(bool)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.builds(lambda value: {"L": value}, st.lists(inner, max_size=4)),
        st.builds(lambda value: {"M": value}, st.dictionaries(names, inner, max_size=4)),
    ),
    max_leaves=8,
)


def items() -> Any:
    return st.dictionaries(names, values, max_size=8)
