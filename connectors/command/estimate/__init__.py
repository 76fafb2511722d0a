"""What a migration takes, worked out from sizes before it starts."""
