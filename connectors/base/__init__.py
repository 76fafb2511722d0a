"""What knows nothing of the product: errors, secrets, durable files, text, the watchdog of the parent."""
