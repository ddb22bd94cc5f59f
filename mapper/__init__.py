"""Front door of the mapping compiler and runtime."""
