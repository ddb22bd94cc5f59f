"""Mapping in engines for tables: Arrow's batches, which most of them have, and Spark's data frames."""
