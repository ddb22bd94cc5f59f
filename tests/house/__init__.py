"""Rules that hold for all of the project."""
