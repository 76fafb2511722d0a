"""What is checked, read-only, before anything is written."""
