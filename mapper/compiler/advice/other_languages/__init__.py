"""Text of another language -> the expression its author most likely meant."""
