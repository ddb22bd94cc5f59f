"""Texts: spans in them, what is wrong with them, the same without it; and texts that anybody may read."""
