"""Before any event: text in, text out."""
