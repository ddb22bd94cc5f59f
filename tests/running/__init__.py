"""A feed through a program."""
