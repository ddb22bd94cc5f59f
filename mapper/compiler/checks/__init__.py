"""What is proved of a plan: one file a topic."""
