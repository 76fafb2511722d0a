"""A lane writes the keys that hash to it. `merge` decides between an item of the scan and an item of the
stream."""
