"""Accepted payloads, kept until each has its final end: one protocol, several stores."""
