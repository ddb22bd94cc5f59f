"""The checks of a plan: one file a topic."""
