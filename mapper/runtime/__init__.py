"""During: one event in; payload, skip or rejection out."""
