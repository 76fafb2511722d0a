"""The dashboard, read by Grafana's own models of its schema (the package grafana-foundation-sdk)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Iterator

import pytest

FILE = Path(__file__).parents[3] / "deploy" / "monitoring" / "dashboard.json"


def lost(given: Any, kept: Any, path: str = "") -> Iterator[str]:
    """What the models do not know: they keep only members of the schema."""
    if isinstance(given, dict) and isinstance(kept, dict):
        for name, value in given.items():
            yield from lost(value, kept[name], f"{path}.{name}") if name in kept else [f"{path}.{name}"]
    elif isinstance(given, list) and isinstance(kept, list) and len(given) == len(kept):
        for number, (each, other) in enumerate(zip(given, kept)):
            yield from lost(each, other, f"{path}[{number}]")
    elif given != kept:
        yield f"{path}: {given!r} became {kept!r}"


def read_by_grafana(dashboard: Dict[str, Any]) -> Any:
    models = pytest.importorskip("grafana_foundation_sdk.models.dashboard")
    encoder = pytest.importorskip("grafana_foundation_sdk.cog.encoder")
    pytest.importorskip("grafana_foundation_sdk.cog.plugins").register_default_plugins()
    return json.loads(encoder.JSONEncoder().encode(models.Dashboard.from_json(dashboard)))


def test_the_dashboard_has_grafanas_own_schema() -> None:
    dashboard = json.loads(FILE.read_text(encoding="utf-8"))
    assert list(lost(dashboard, read_by_grafana(dashboard))) == []


@pytest.mark.parametrize("type_", ["stat", "state-timeline", "timeseries"])
@pytest.mark.parametrize("place", ["", "options", "fieldConfig", "gridPos", "targets"])
def test_a_member_that_grafana_does_not_know_is_seen(type_: str, place: str) -> None:
    dashboard = json.loads(FILE.read_text(encoding="utf-8"))
    panel = next(panel for panel in dashboard["panels"] if panel["type"] == type_)
    inner = panel[place] if place else panel
    (inner[0] if isinstance(inner, list) else inner)["unknwon"] = 1
    assert [path for path in lost(dashboard, read_by_grafana(dashboard)) if path.endswith(".unknwon")]
