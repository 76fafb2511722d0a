"""General helpers, independent of the product: errors, secrets, durable files, text, the parent watchdog."""
