"""Estimates duration and cost of a migration from table sizes, before it starts."""
