"""Parts of a plan at work on events that are made up for them."""
