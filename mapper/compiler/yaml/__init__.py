"""YAML text -> nodes with exact spans, and edits of that text."""
