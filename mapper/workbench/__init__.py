"""For the author of a mapping: explains, compares."""
