"""Histories for the models of a chain of checks: what happens before each generation and during it.

The same histories in every run; HISTORIES=5000 in the environment looks at that many new ones.
"""

from __future__ import annotations

import os
from typing import Any, Callable, Dict, List, Tuple

from hypothesis import settings
from hypothesis import strategies as st

SEARCH = int(os.environ.get("HISTORIES", "0"))
Op = Tuple[str, int]
Rounds = List[Tuple[List[Op], List[Op], bool]]


def histories(count: int) -> Callable[[Any], Any]:
    return settings(max_examples=SEARCH or count, derandomize=not SEARCH, deadline=None)


def ops(weights: Dict[str, int], most: int) -> st.SearchStrategy[List[Op]]:
    names = [name for name, weight in weights.items() for _ in range(weight)]
    return st.lists(st.tuples(st.sampled_from(names), st.integers(0, 10_000)), max_size=most)


def rounds(weights: Dict[str, int], before: int, most: int) -> st.SearchStrategy[Rounds]:
    """What happens before a generation (at most `before`) and during it, and whether it crashes. `most`:
    generations."""
    one = st.tuples(ops(weights, before), ops(weights, 12), st.sampled_from([False, False, True]))
    return st.lists(one, max_size=most)
