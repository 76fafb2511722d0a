"""The API's operations, grouped by what they touch."""
