from __future__ import annotations

import pickle
import tempfile
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from connectors.base.errors import ConfigError
from connectors.config import Settings, load
from connectors.config.keys import as_mapping
from connectors.config.reference import application_yaml, flow
from tests.unit.connectors.config.strategies import settings

COMMENTS = [line for line in application_yaml().splitlines() if line.lstrip().startswith("# ")]


def load_text(text: str, *arguments: str) -> Settings:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "application.yaml"
        path.write_text(text, encoding="utf-8")
        return load(["--config", str(path), *arguments], {})


def leaves(mapping: Dict[str, Any], defaults: Dict[str, Any], prefix: str = "") -> Iterator[Tuple[str, Any]]:
    """Every key that differs from its default."""
    for name, value in mapping.items():
        if isinstance(value, dict) and defaults[name]:
            yield from leaves(value, defaults[name], f"{prefix}{name}.")
        elif value != defaults[name]:
            yield prefix + name, value


@given(settings())
def test_any_settings_written_as_yaml_load_equal(made: Settings) -> None:
    # PyYAML writes NEL (U+0085) so that it does not read it again, unless it may not write it at all.
    assert load_text(yaml.safe_dump(as_mapping(made))) == made


@given(settings())
def test_any_settings_written_into_the_commented_file_load_equal(made: Settings) -> None:
    text = application_yaml(made)
    assert load_text(text) == made
    assert [line for line in text.splitlines() if line.lstrip().startswith("# ")] == COMMENTS


@given(settings())
def test_any_settings_given_as_set_arguments_load_equal(made: Settings) -> None:
    arguments = [
        f"--set={path}={yaml.safe_dump(value, default_flow_style=True)}"
        for path, value in leaves(as_mapping(made), as_mapping(Settings()))
    ]
    assert load(arguments, {}) == made


@given(settings(), st.integers(2, pickle.HIGHEST_PROTOCOL))
def test_settings_survive_pickling_to_a_worker(made: Settings, protocol: int) -> None:
    assert pickle.loads(pickle.dumps(made, protocol)) == made


def complaint(argv: List[str]) -> Optional[str]:
    """The configuration error, if there is one. Nothing else may be raised."""
    try:
        load(argv, {})
    except ConfigError as error:
        return str(error)
    return None


@given(st.text(st.characters(blacklist_categories=["Cs"])))
def test_any_text_as_a_file_loads_or_is_a_configuration_error(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "application.yaml"
        path.write_text(text, encoding="utf-8")
        said = complaint(["--config", str(path)])
    assert said is None or "application.yaml" in said


@given(
    st.sampled_from(["mode", "scan", "scan.values", "filter.whiteTableSet", "polardb.endpoint"]), st.text()
)
def test_any_text_as_a_value_loads_or_is_a_configuration_error(key: str, text: str) -> None:
    said = complaint([f"--set={key}={text}"])
    assert said is None or "--set number 1" in said


@pytest.mark.parametrize("text", ["\x85", "a\x85b", "\u2028", "a\u2028b", "a\nb", "\x85:"])
def test_whatever_counts_as_a_line_break_is_written_so_that_it_is_read_again(text: str) -> None:
    values = flow({":v": {"S": text}})
    made = load(["--set=scan.filterExpression=a = :v", f"--set=scan.values={values}"], {})
    assert made.scan.values == {":v": {"S": text}}
    assert load_text(application_yaml(made)) == made


@pytest.mark.parametrize("space", ["\xa0", "\u2003", "\u3000", " ", "\t"])
def test_a_space_at_the_end_of_a_value_is_written_so_that_it_is_read_again(space: str) -> None:
    for text in (f"/mnt/{space}", f"{space}/mnt"):
        assert yaml.safe_load(f"key: {flow(text)}") == {"key": text}
