"""Every example of the pages does what the page says."""
