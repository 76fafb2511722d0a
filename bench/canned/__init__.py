"""A DynamoDB server that answers from prepared bytes, so that a client's own cost is what a run measures."""
