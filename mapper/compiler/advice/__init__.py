"""A diagnostic and what is known of its place -> what its author most likely meant: a hint, and fixes."""
