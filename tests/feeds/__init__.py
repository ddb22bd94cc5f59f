"""Files -> events."""
