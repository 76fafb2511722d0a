"""Logical replication messages, as the output plugin pgoutput of PostgreSQL 14 to 18 sends them.

messages          the kinds of messages
decoder           the bytes of a session -> messages, with
readers, fields   a reader for each kind; the fields of a message
lsn               positions in the write-ahead log
errors            what is raised for bytes that the protocol does not allow
"""
