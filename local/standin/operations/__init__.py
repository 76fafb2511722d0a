"""The API's operations: definitions of tables, single items, batches, and reads of many items."""
