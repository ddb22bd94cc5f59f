"""A mapping and its schemas -> diagnostics, a plan, code."""
