"""Rows of PolarDB's tables -> items of DynamoDB's tables."""
