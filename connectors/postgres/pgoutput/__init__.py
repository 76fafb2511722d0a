"""Logical replication messages, as the output plugin pgoutput of PostgreSQL 14 to 18 sends them."""
