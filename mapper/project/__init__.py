"""A mapping's folder: schemas, the files it extends, tables, samples, fixtures, programs kept on disk."""
