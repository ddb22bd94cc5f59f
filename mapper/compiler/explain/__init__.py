"""Where each value of a payload comes from, and what one event makes of it."""
