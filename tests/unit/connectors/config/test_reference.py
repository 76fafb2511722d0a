from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, Iterator, Tuple

import pytest
import yaml

from connectors.config import Settings, load
from connectors.config.credentials import SECRET_KEYS
from connectors.config.document import parse
from connectors.config.keys import Key, members, paths
from connectors.config.reference import application_yaml, markdown

ROOT = Path(__file__).parents[4]
SHIPPED = ROOT / "application.yaml"


def declared(cls: Any = Settings, prefix: str = "") -> Iterator[Tuple[str, Key, Any]]:
    for member in members(cls):
        if member.key:
            yield prefix + member.name, member.key, member.default
        else:
            yield from declared(member.section, f"{prefix}{member.name}.")


def test_the_shipped_file_loads_as_the_defaults() -> None:
    assert load(["--config", str(SHIPPED)], {}) == Settings()


def test_the_shipped_file_names_every_key() -> None:
    given = parse(SHIPPED.read_text(), "application.yaml").spelled()
    existing = {path for path in paths(Settings) if _has(given, path)}
    assert existing == set(paths(Settings))


def _has(tree: Any, path: str) -> bool:
    for name in path.split("."):
        if not isinstance(tree, dict) or name not in tree:
            return False
        tree = tree[name]
    return True


def test_the_shipped_file_is_what_the_declarations_say() -> None:
    assert SHIPPED.read_text() == application_yaml(), "write it: python -m connectors.config yaml"


def test_every_default_is_a_value_its_key_would_take() -> None:
    for path, key, default in declared():
        given = parse(_flow(key.kind.show(default)), "default", path)
        assert given.empty() or key.kind.read(given) == default, path


def _flow(value: Any) -> str:
    return yaml.safe_dump(value, default_flow_style=True)


def test_every_key_has_a_meaning_and_every_quantity_a_unit() -> None:
    for path, key, _ in declared():
        assert key.meaning, path
        quantity = "number" in key.kind.label and "names" not in key.kind.label
        assert bool(key.unit) == quantity, path


@pytest.mark.parametrize("suffix", ["Seconds", "Milliseconds", "Bytes"])
def test_a_unit_in_a_keys_name_is_the_unit_it_has(suffix: str) -> None:
    named = [(path, key.unit) for path, key, _ in declared() if path.endswith(suffix)]
    assert named
    assert all(unit.startswith(suffix.lower()) for _, unit in named), named


def test_the_reference_has_a_row_for_every_key_and_every_secret() -> None:
    rows = {line.split("`")[1] for line in markdown().splitlines() if line.startswith("| `")}
    assert set(paths(Settings)) | {key.option for key in SECRET_KEYS} <= rows


def test_the_module_prints_the_reference_and_needs_nothing_but_pyyaml() -> None:
    program = (
        "import sys, runpy\n"
        "absent = ['boto3', 'botocore', 'pyflink', 'msgspec', 'psycopg2', 'urllib3']\n"
        "sys.modules.update(dict.fromkeys(absent))\n"
        "runpy.run_module('connectors.config', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == markdown()


def test_an_unknown_page_is_refused_with_code_two() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "connectors.config", "html"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "usage" in done.stderr
