"""The prepared items: about 1 KB of DynamoDB JSON each, of mixed types, the same in every run."""

from __future__ import annotations

import base64
import json
import random
import re
from typing import Any, Dict, Optional, Tuple

PAGE = 1000
"""Items of a full page: 1,000 of 1 KB are the 1 MB that ends a Scan page."""
MARK = b"@PAGE@"
"""A placeholder for the number of the page."""
PAGE_DIGITS = 8
SLOT_DIGITS = 4

_PK = re.compile(rf"user-(\d{{{PAGE_DIGITS}}})-(\d{{{SLOT_DIGITS}}})")
KEY_IN_BODY = re.compile(_PK.pattern.encode())
"""Finds the items of a request without decoding it."""

KEY_SCHEMA = [
    {"AttributeName": "pk", "KeyType": "HASH"},
    {"AttributeName": "sk", "KeyType": "RANGE"},
]
ATTRIBUTES = [
    {"AttributeName": "pk", "AttributeType": "S"},
    {"AttributeName": "sk", "AttributeType": "N"},
]


def item_text(slot: int, kilobytes: int = 1) -> bytes:
    """The item at this place of every page, with MARK instead of the page's number."""
    padding = {"body": {"S": "x" * 1024 * (kilobytes - 1)}} if kilobytes > 1 else {}
    return _dump({**_key(slot), **_attributes(random.Random(slot)), **padding})


def record_text(slot: int, now: float) -> bytes:
    """The stream record at this place of every page. `now`: epoch seconds.

    The sequence number is the page followed by the place, so it increases with the position.
    """
    image = json.loads(item_text(slot))
    change = {
        "ApproximateCreationDateTime": int(now),
        "Keys": _key(slot),
        "NewImage": image,
        "SequenceNumber": f"1{MARK.decode()}{slot:0{SLOT_DIGITS}}",
        "SizeBytes": 1024,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    }
    return _dump(
        {
            "eventID": f"{MARK.decode()}{slot}",
            "eventName": "INSERT",
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": "us-east-1",
            "dynamodb": change,
        }
    )


def key_of(index: int) -> Dict[str, Dict[str, str]]:
    page, slot = divmod(index, PAGE)
    text = json.dumps(_key(slot)).replace(MARK.decode(), f"{page:0{PAGE_DIGITS}}")
    found: Dict[str, Dict[str, str]] = json.loads(text)
    return found


def index_of(key: Any) -> Optional[int]:
    """The place of a key in its table; None for a key that is not prepared."""
    try:
        found = _PK.fullmatch(key["pk"]["S"])
    except (KeyError, TypeError):
        return None
    return place(found.groups()) if found else None


def place(digits: Tuple[Any, ...]) -> int:
    return int(digits[0]) * PAGE + int(digits[1])


def _key(slot: int) -> Dict[str, Any]:
    return {"pk": {"S": f"user-{MARK.decode()}-{slot:0{SLOT_DIGITS}}"}, "sk": {"N": str(slot * 100)}}


def _attributes(rng: random.Random) -> Dict[str, Any]:
    words = ["anchor", "bridge", "candle", "dünn", "ember", "forest", "grün", "harbour", "island", "東京"]
    return {
        "name": {"S": " ".join(rng.choices(words, k=4))},
        "note": {"S": " ".join(rng.choices(words, k=rng.randint(34, 46)))},
        "price": {"N": f"{rng.randint(0, 10**6)}.{rng.randint(0, 99):02}"},
        "precise": {"N": str(rng.randint(10**37, 10**38 - 1))},
        "blob": {"B": base64.b64encode(rng.randbytes(150)).decode()},
        "active": {"BOOL": rng.random() < 0.5},
        "nothing": {"NULL": True},
        "address": {"M": {"street": {"S": 'He said "no" \\ yes'}, "zip": {"N": str(rng.randint(0, 99999))}}},
        "history": {"L": [{"N": str(rng.randint(0, 999))} for _ in range(rng.randint(2, 6))]},
        "tags": {"SS": sorted(rng.sample(words[:8], 3))},
        "scores": {"NS": [str(n) for n in sorted(rng.sample(range(100), 3))]},
        "hashes": {"BS": [base64.b64encode(rng.randbytes(12)).decode()]},
    }


def _dump(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
