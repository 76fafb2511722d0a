"""`python -m local.demo [ITEMS]`: runs a migration on a local stack and compares both sides."""
