"""Replication slots: their set-up, the stream over a connection, and how far a slot may be confirmed."""
