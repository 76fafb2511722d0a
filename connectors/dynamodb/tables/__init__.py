"""Tables: describing and comparing them, creating them at the target, and enabling their streams."""
