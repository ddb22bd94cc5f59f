"""The JSON Schema of the mapping language, for editors."""
