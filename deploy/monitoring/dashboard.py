"""Rows of panels as Grafana's dashboard model (schema 39, Grafana 11)."""

from __future__ import annotations

from typing import Any, Dict, Iterator, Sequence

from deploy.monitoring.panels import Panel, Row

WIDTH, HEIGHT, ACROSS = 8, 8, 3
SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def dashboard(rows: Sequence[Row]) -> Dict[str, Any]:
    return {
        "uid": "polarshake",
        "title": "polarshake",
        "schemaVersion": 39,
        "editable": True,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": [{"name": "datasource", "type": "datasource", "query": "prometheus"}]},
        "panels": list(_placed(rows)),
    }


def _placed(rows: Sequence[Row]) -> Iterator[Dict[str, Any]]:
    top, number = 0, 1
    for row in rows:
        yield {"id": number, "type": "row", "title": row.title, "gridPos": _grid(0, top, 24, 1)}
        top, number = top + 1, number + 1
        for place, panel in enumerate(row.panels):
            yield {"id": number, **_panel(panel), "gridPos": _position(place, top)}
            number += 1
        top += HEIGHT * -(-len(row.panels) // ACROSS)


def _panel(panel: Panel) -> Dict[str, Any]:
    return {
        "type": "timeseries",
        "title": panel.title,
        "description": panel.meaning,
        "datasource": SOURCE,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + place), "expr": query.expression, "legendFormat": query.legend}
            for place, query in enumerate(panel.queries)
        ],
    }


def _position(place: int, top: int) -> Dict[str, int]:
    return _grid(place % ACROSS * WIDTH, top + place // ACROSS * HEIGHT, WIDTH, HEIGHT)


def _grid(x: int, y: int, w: int, h: int) -> Dict[str, int]:
    return {"x": x, "y": y, "w": w, "h": h}
