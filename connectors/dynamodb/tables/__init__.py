"""Tables: described, compared, made at the target like the source's, their streams switched on."""
