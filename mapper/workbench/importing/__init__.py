"""Imports of other tools' destinations as mappings.

Today Segment's: a `segment_value` is JSON with directives, an `ImportedValue` what the mapping has for it.
"""
