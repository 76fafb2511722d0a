"""The keys that a retry compares."""

from __future__ import annotations

from connectors.command.letters.keys import chosen
from tests.unit.connectors.command.letters.letters import SCHEMA, letter


def test_letters_of_the_same_key_are_tried_with_one_key() -> None:
    put = letter(b'{"id":{"N":"1"},"v":{"S":"a"}}')
    same = letter(b'{"v":{"S":"b"},"id":{"N":"1.0"}}')
    delete = letter(b'{"id":{"N":"1"}}', delete=True)
    tried = chosen([put, same, delete], {"orders": SCHEMA})
    assert list(tried.keys.values()) == [b'{"id":{"N":"1"}}']
    assert list(tried.letters.values()) == [[put, same, delete]]


def test_a_letter_of_a_table_that_dynamodb_lacks_is_left() -> None:
    tried = chosen([letter(table="gone")], {"gone": None})
    assert (tried.keys, tried.left) == ({}, {"DynamoDB has no table gone": 1})


def test_a_body_that_is_not_json_is_left() -> None:
    tried = chosen([letter(b"\xff"), letter(b"not json")], {"orders": SCHEMA})
    assert (tried.keys, tried.left) == ({}, {"table orders: the body is not JSON": 2})


def test_an_item_without_the_tables_key_is_left_with_the_reason() -> None:
    tried = chosen([letter(b'{"other":{"N":"1"}}')], {"orders": SCHEMA})
    [(reason, count)] = tried.left.items()
    assert "does not have the table's key attributes ['id']" in reason
    assert (tried.keys, count) == ({}, 1)
