"""Prints the dashboard."""

import json

from deploy.monitoring.dashboard import dashboard
from deploy.monitoring.panels import ROWS

if __name__ == "__main__":
    print(json.dumps(dashboard(ROWS), indent=1))
