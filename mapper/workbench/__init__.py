"""For the author of a mapping: explains what it does with an event."""
