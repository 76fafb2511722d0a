"""A lane writes the keys that hash to it. `merge` decides between the scanned item and the stream's."""
