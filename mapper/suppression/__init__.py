"""Persons to whom nothing is sent: lists of their digests, and programs that skip their events."""
