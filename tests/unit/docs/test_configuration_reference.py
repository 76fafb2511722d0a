from __future__ import annotations

from pathlib import Path

from connectors.config.reference import markdown

ROOT = Path(__file__).parents[3]


def test_the_configuration_reference_equals_the_declarations() -> None:
    page = ROOT / "docs" / "configuration.md"
    assert page.read_text() == markdown(), "write it: python -m connectors.config > docs/configuration.md"
