"""A stand-in for PolarDB's DynamoDB-compatible endpoint, over an ordinary PostgreSQL. See README.md here."""
