"""Monitoring of the jobs. `python -m deploy.monitoring > deploy/monitoring/dashboard.json` writes the
dashboard."""
