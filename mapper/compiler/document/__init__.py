"""The parts of a YAML document: nodes with their places, what YAML takes away, edits of the text."""
