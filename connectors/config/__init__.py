"""Settings from application.yaml, arguments and the environment: typed, checked and frozen.

This package needs only PyYAML.

settings = load(sys.argv[1:], os.environ)
require(settings, "polardb.endpoint", "polardb.accessKey")
"""

from connectors.config.credentials import AccessKey, Login
from connectors.config.filters import TableFilter
from connectors.config.load import load
from connectors.config.mistakes import ConfigErrors
from connectors.config.needs import require
from connectors.config.settings import Settings

__all__ = ["AccessKey", "ConfigErrors", "Login", "Settings", "TableFilter", "load", "require"]
