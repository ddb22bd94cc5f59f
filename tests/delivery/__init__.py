"""Destinations, the outbox, couriers, and the sandbox."""
