"""`python -m local.demo [ITEMS]`: a migration on the local stack, from the first item to the proof."""
