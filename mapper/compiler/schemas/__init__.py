"""What JSON Schemas say: of sources, of good practice, of themselves."""
