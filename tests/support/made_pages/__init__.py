"""The pages of docs/ that are made of a registry, and what makes them: `make docs` writes, tests compare."""
