"""An application that writes to DynamoDB: tables, an initial load, traffic, and a ledger of all its
writes."""

from local.traffic.book import Book, Expected, Outcome
from local.traffic.client import Busy, CallError, Client, Lost, Refused
from local.traffic.ledger import Ledger, LedgerError
from local.traffic.load import Loaded, load
from local.traffic.plan import Plan
from local.traffic.probe import ProbeLost, measure_latency, percentile
from local.traffic.tables import create_tables, drop_tables
from local.traffic.traffic import Stats, Traffic

__all__ = [
    "Book",
    "Busy",
    "CallError",
    "Client",
    "Expected",
    "Ledger",
    "LedgerError",
    "Loaded",
    "Lost",
    "Outcome",
    "Plan",
    "ProbeLost",
    "Refused",
    "Stats",
    "Traffic",
    "create_tables",
    "drop_tables",
    "load",
    "measure_latency",
    "percentile",
]
