"""Quoting of identifiers and literals for SQL."""

from __future__ import annotations


def identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def table_name(namespace: str, name: str) -> str:
    return f"{identifier(namespace)}.{identifier(name)}"
