"""The cost of a comparison in the check: microseconds per item for the digests of the prepared items, and for
a baseline: `json`, a Decimal for every number, keys and sets sorted, the same hash.

    python -m bench.digest [--items 1000] [--rounds 15]
"""

from __future__ import annotations

import argparse
import json
import time
from decimal import Decimal
from hashlib import blake2b
from typing import Any, Callable, Dict, List

from bench.canned.items import MARK, PAGE_DIGITS, item_text
from connectors.model.canonical import DIGEST_SIZE, value_digest
from connectors.model.item_digests import ItemDigests
from connectors.model.keys import KeyAttribute, KeyReader, KeySchema

SETS = ("SS", "NS", "BS")


def obvious(body: bytes) -> bytes:
    """A digest of 8 bytes, equal for equal items. Its values differ from those of `value_digest`."""
    tree = {name: _form(value) for name, value in json.loads(body).items()}
    return blake2b(json.dumps(tree, sort_keys=True).encode(), digest_size=DIGEST_SIZE).digest()


def _form(value: Dict[str, Any]) -> Any:
    ((kind, content),) = value.items()
    if kind == "N":
        return {kind: _number(content)}
    if kind in SETS:
        return {kind: sorted(map(_number, content) if kind == "NS" else content)}
    if kind == "L":
        return {kind: [_form(one) for one in content]}
    if kind == "M":
        return {kind: {name: _form(one) for name, one in content.items()}}
    return value


def _number(text: str) -> str:
    """Does not use normalize(), which rounds to 28 digits."""
    sign, digits, exponent = Decimal(text).as_tuple()
    short = "".join(map(str, digits)).rstrip("0")
    return f"{sign}:{short}:{exponent + len(digits) - len(short)}" if short else "0"  # type: ignore[operator]


def best(work: Callable[[bytes], object], bodies: List[bytes], rounds: int) -> float:
    """CPU microseconds per item in the fastest round, which other processes disturbed least."""
    return min(_round(work, bodies) for _ in range(rounds)) / len(bodies) * 1e6


def _round(work: Callable[[bytes], object], bodies: List[bytes]) -> float:
    began = time.process_time()
    for body in bodies:
        work(body)
    return time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.digest", description=__doc__)
    parser.add_argument("--items", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    bodies = [item_text(slot).replace(MARK, b"0" * PAGE_DIGITS) for slot in range(arguments.items)]
    keys = KeyReader("bench", KeySchema(KeyAttribute("pk", "S"), KeyAttribute("sk", "N")))
    learned = best(ItemDigests(keys).fingerprint, bodies, arguments.rounds)
    whole = best(lambda body: keys.digest(body) + value_digest(body), bodies, arguments.rounds)
    theirs = best(obvious, bodies, max(arguments.rounds // 5, 1))
    print(f"{len(bodies)} items of {sum(map(len, bodies)) / len(bodies):.0f} bytes, microseconds per item")
    print(f"  key and contents, by what was learned of the table {learned:6.1f}")
    print(f"  key and contents, each item on its own             {whole:6.1f}")
    print(
        f"  contents alone, each item on its own               "
        f"{best(value_digest, bodies, arguments.rounds):6.1f}"
    )
    print(f"  contents alone, json and Decimal                   {theirs:6.1f}")


if __name__ == "__main__":
    main()
