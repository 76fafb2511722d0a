"""Rows of panels as Grafana's dashboard model (schema 39, Grafana 10 and later)."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Sequence

from deploy.monitoring.panels import Panel, Row, Thresholds

COLUMNS = 24
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
RUNNING = 'flink_jobmanager_job_runningTime{job_name=~"%s"}'


def dashboard(rows: Sequence[Row]) -> Dict[str, Any]:
    return {
        "uid": "polarshake",
        "title": "polarshake",
        "tags": ["polarshake", "flink"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": list(_variables())},
        "panels": list(_placed(rows)),
    }


def _variables() -> Iterator[Dict[str, Any]]:
    yield {"name": "datasource", "type": "datasource", "label": "Data source", "query": "prometheus"}
    yield _query("job", "Job", f"label_values({RUNNING % 'polarshake.*'}, job_name)", "polarshake.*")
    # Two migrations have jobs of the same names. Their ids tell them apart.
    yield _query("run", "Run (job id)", f"label_values({RUNNING % '$job'}, job_id)", ".*")


def _query(name: str, label: str, query: str, all_values: str) -> Dict[str, Any]:
    return {
        "name": name,
        "type": "query",
        "label": label,
        "datasource": SOURCE,
        "query": query,
        "refresh": 2,  # when the time range changes: jobs come and go
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": all_values,
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
    }


def _placed(rows: Sequence[Row]) -> Iterator[Dict[str, Any]]:
    top, number = 0, 1
    for row in rows:
        grid = _grid(0, top, COLUMNS, 1)
        yield {
            "id": number,
            "type": "row",
            "title": row.title,
            "collapsed": False,
            "panels": [],
            "gridPos": grid,
        }
        top, number = top + 1, number + 1
        across = COLUMNS // row.width
        for place, panel in enumerate(row.panels):
            x, y = place % across * row.width, top + place // across * row.height
            yield {"id": number, **_panel(panel), "gridPos": _grid(x, y, row.width, row.height)}
            number += 1
        top += row.height * -(-len(row.panels) // across)


def _panel(panel: Panel) -> Dict[str, Any]:
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.meaning,
        "datasource": SOURCE,
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "options": OPTIONS[panel.kind],
        "targets": [
            {
                "refId": chr(ord("A") + place),
                "datasource": SOURCE,
                "expr": query.expression,
                "legendFormat": query.legend,
            }
            for place, query in enumerate(panel.queries)
        ],
    }


OPTIONS: Dict[str, Dict[str, Any]] = {
    "timeseries": {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "stat": {
        "colorMode": "background",
        "graphMode": "area",
        "textMode": "value",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    },
    "state-timeline": {
        "mergeValues": True,
        "showValue": "auto",
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": False},
    },
}


def _defaults(panel: Panel) -> Dict[str, Any]:
    found: Dict[str, Any] = {"unit": panel.unit}
    if panel.kind == "timeseries":
        found["min"] = 0
    if panel.thresholds:
        found["thresholds"] = _thresholds(panel.thresholds)
        found["color"] = {"mode": "thresholds" if panel.kind == "stat" else "palette-classic"}
    if panel.thresholds and panel.kind == "timeseries":
        found["custom"] = {"thresholdsStyle": {"mode": "line"}}
    if panel.words:
        found["mappings"] = _mappings(panel)
    return found


def _thresholds(steps: Thresholds) -> Dict[str, Any]:
    return {"mode": "absolute", "steps": [{"color": step.colour, "value": step.value} for step in steps]}


def _mappings(panel: Panel) -> List[Dict[str, Any]]:
    options = {
        str(value): {"text": text, "color": colour, "index": place}
        for place, (value, (text, colour)) in enumerate(panel.words.items())
    }
    return [{"type": "value", "options": options}]


def _grid(x: int, y: int, w: int, h: int) -> Dict[str, int]:
    return {"x": x, "y": y, "w": w, "h": h}
