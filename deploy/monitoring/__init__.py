"""What to look at while the jobs run. `python -m deploy.monitoring > deploy/monitoring/dashboard.json`"""
