"""PostgreSQL's logical replication, and the layout of the tables in which PolarDB keeps DynamoDB items.

replication    slots: set-up, the stream over a connection, and the position that may be confirmed
pgoutput       the messages of the output plugin
transactions   messages -> whole transactions
layout         rows -> items
sql            quoting
"""
