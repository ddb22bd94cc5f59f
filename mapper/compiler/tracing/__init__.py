"""What stands behind an explanation of one event: its values, why they are absent, and what was decided."""
