"""Settings of all tests: every run draws the same examples, so that it fails for the code alone."""

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, database=None)
settings.load_profile("repeatable")
