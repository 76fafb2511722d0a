"""The JSON Schema of application.yaml: generated, shipped, and never stricter than the jobs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, List

import pytest
import yaml

from connectors.config import load
from connectors.config.json_schema import SCHEMA_FILE, is_own_schema, json_schema, schema_text
from connectors.config.keys import members, paths
from connectors.config.settings import Settings
from tests.harness.json_schema import errors

ROOT = Path(__file__).parents[4]
SHIPPED = ROOT / SCHEMA_FILE
FILES = [
    ROOT / "application.yaml",
    ROOT / "deploy" / "kubernetes" / "base" / "application.yaml",
    *sorted((ROOT / "examples").glob("*/application.yaml")),
]


def found(text: str) -> List[str]:
    return list(errors(json_schema(), yaml.safe_load(text)))


def test_the_shipped_schema_is_what_the_declarations_say() -> None:
    assert SHIPPED.read_text() == schema_text(), (
        f"write it: python -m connectors.config schema > {SCHEMA_FILE}"
    )


def test_the_schema_is_known_as_its_own_and_nothing_else_is() -> None:
    assert is_own_schema(schema_text())
    assert not is_own_schema("{}")
    assert not is_own_schema("not JSON")


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_shipped_configuration_is_valid_under_the_schema_that_it_names(file: Path) -> None:
    assert found(file.read_text()) == []
    first = file.read_text().splitlines()[0]
    if "kubernetes" not in str(file):
        assert first.startswith("# yaml-language-server: $schema=")
        assert (file.parent / first.partition("=")[2]).resolve() == SHIPPED


def test_the_schema_has_every_key_with_its_default_and_no_other() -> None:
    def walk(schema: Any, prefix: str = "") -> List[str]:
        names = []
        for name, inner in schema["properties"].items():
            deeper = inner.get("properties")
            names += walk(inner, f"{prefix}{name}.") if deeper else [prefix + name]
        return names

    older = {"source.hostname", "source.port", "source.slotName"}
    assert set(walk(json_schema())) == set(paths(Settings)) | older


@pytest.mark.parametrize(
    "text",
    [
        "mode: full",
        "target: mongodb",
        "scan: {segments: auto, readLimit: {rate: 0.5}}",
        "scan: {segments: 16}",
        "streams: {enable: yes, holdHours: 8.5}",
        'filter: {whiteTableSet: [orders, "user_*", 2024]}',
        "filter: {whiteTableSet: orders;users}",
        "polardb:",
        "source: {hostname: pc-x, port: 5432, slotName: flink_slot}\ntarget: {region: cn-north-1}",
        "reverse: {slots: {slot_a: pub_a}, relations: {public.users: {table: Users}}}",
        "scan: {filterExpression: '#s = :s', names: {'#s': state}, values: {':s': {S: open}}}",
        "parallelism:",
    ],
)
def test_what_the_jobs_take_is_valid(text: str, tmp_path: Path) -> None:
    file = tmp_path / "application.yaml"
    file.write_text(text)
    load(["--config", str(file)], {})  # does not raise
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("mode: everything", "mode"),
        ("scann: {}", "scann"),
        ("scan: {segments: 0}", "scan.segments"),
        ("scan: {segments: many}", "scan.segments"),
        ("scan: {readLimit: {rate: -1}}", "scan.readLimit.rate"),
        ("streams: {holdHours: 0}", "streams.holdHours"),
        ("streams: {enable: 3}", "streams.enable"),
        ("dynamodb: {secretAccessKey: x}", "dynamodb.secretAccessKey"),
        ("source: {hostname: h, password: p}", "source.password"),
        ("filter: [orders]", "filter"),
        ("filter: {whiteTableSet: {a: b}}", "filter.whiteTableSet"),
    ],
)
def test_a_mistake_is_found_at_its_key(text: str, place: str) -> None:
    assert any(line.startswith(f"{place}:") for line in found(text)), found(text)


def test_every_kind_of_key_has_a_schema_of_its_own() -> None:
    assert len(json_schema()["properties"]) >= len(members(Settings))
    json.dumps(json_schema())
