"""Replication slots: set-up, the stream over a connection, and the position that may be confirmed."""
