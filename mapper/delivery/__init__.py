"""After: payloads delivered in batches."""
