"""One event in; payload, skip or rejection out."""
