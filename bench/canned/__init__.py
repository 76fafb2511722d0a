"""A DynamoDB server that answers from prepared bytes, so that a run measures only the client."""
