"""Imports of other tools' destinations as mappings.

In names, `theirs` is a value of the other tool (today Segment), and `ours` what the mapping has for it.
"""
