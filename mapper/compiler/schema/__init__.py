"""JSON Schema and its `x-` words -> the payload's type, and what is known of the events."""
