"""The value of an expression: types, parts that can never work, parts that are most likely not meant."""
