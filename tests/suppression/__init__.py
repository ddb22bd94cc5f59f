"""Lists of persons, and programs that skip their events."""
