"""PostgreSQL's logical replication, and the layout of the tables in which PolarDB keeps DynamoDB items."""
