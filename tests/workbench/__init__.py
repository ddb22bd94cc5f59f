"""The author's tools, over the front door."""
