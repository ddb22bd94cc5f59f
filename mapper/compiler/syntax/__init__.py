"""YAML nodes -> Mapping: the keys of the language and what their author wrote."""
