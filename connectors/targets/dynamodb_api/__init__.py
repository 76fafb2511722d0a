"""PolarDB's DynamoDB endpoint, or another endpoint of the protocol, as a target."""
