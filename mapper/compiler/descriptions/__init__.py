"""Descriptions that others wrote of events (OpenAPI, Avro, a tracking plan) -> the JSON Schema of a source.

`source_draft.py` is the way in; each form of description has one file, and `forms.py` lists them.
"""
