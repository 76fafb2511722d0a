"""Items that are nested too deeply to be read: one must not stop the check of its table."""

from __future__ import annotations

import json

from connectors.check.finding import Finding
from connectors.check.report.difference import DifferenceKind, decode
from connectors.model.keys import KeyAttribute, KeyReader, KeySchema
from connectors.targets.dynamodb_api.check_side import ItemForm

FORM = ItemForm(KeyReader("orders", KeySchema(KeyAttribute("pk", "S"))))
KEY = b'{"pk":{"S":"k"}}'


def deep(heart: bytes) -> bytes:
    return b'{"pk":{"S":"k"},"a":%b}' % (b'{"M":{"a":' * 600 + heart + b"}}" * 600)


def test_the_fingerprint_of_a_deep_item_depends_on_its_key_and_contents() -> None:
    one, same, other = (FORM.fingerprint(deep(heart)) for heart in (b'{"N":"1"}', b'{"N":"1"}', b'{"N":"2"}'))
    assert one == same != other
    digest = FORM.digest(KEY)
    assert one.startswith(digest)
    assert other.startswith(digest)


def test_a_deep_item_that_the_target_lacks_is_reported_in_a_readable_line() -> None:
    finding = Finding(KEY, deep(b'{"S":"x"}'), None)
    found = decode(finding.line("orders", 1.0, 2.0, False))
    assert found.kind is DifferenceKind.MISSING
    assert json.loads(bytes(found.source))["pk"] == {"S": "k"}


def test_a_difference_names_its_attribute() -> None:
    finding = Finding(KEY, deep(b'{"S":"x"}'), deep(b'{"S":"y"}'))
    found = decode(finding.line("orders", 1.0, 2.0, False))
    assert list(found.attributes) == ["a"]
