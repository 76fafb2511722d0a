"""Settings from application.yaml, arguments and the environment: typed, checked and frozen.

This package needs only PyYAML.

settings = load(sys.argv[1:], os.environ)
require(settings, "polardb.endpoint", "polardb.accessKey")

settings, sides, reverse, storage, operation   every setting, declared once
credentials                         the secrets, which no file may contain
keys, kinds, choices                how a setting is declared; its types; its enumerations
filters, expressions                the choice of tables; the filter of a Scan
suspensions                         the suspended tables that a setting names
folders, places                     local paths; durable places
load                                arguments, environment and file -> settings, with
arguments, document, core_schema    the command line; YAML with line numbers; YAML 1.2
legacy, overrides, build            the vendor's file; arguments that empty a filter; the tree -> settings
rules, needs                        rules between settings; the settings that a job requires
mistakes                            all mistakes, reported together
reference, json_schema              generated: docs/configuration.md and application.yaml; its JSON Schema
"""

from connectors.config.credentials import AccessKey, Login
from connectors.config.filters import TableFilter
from connectors.config.load import load
from connectors.config.mistakes import ConfigErrors
from connectors.config.needs import require
from connectors.config.settings import Settings

__all__ = ["AccessKey", "ConfigErrors", "Login", "Settings", "TableFilter", "load", "require"]
