"""The sources of each value of a payload, and what one event makes of it."""
