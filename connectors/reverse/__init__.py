"""The reverse job: PolarDB's replication slots -> DynamoDB. `components` puts its parts together."""
