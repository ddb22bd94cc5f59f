"""The facts of an expression's value: types, parts that can never work, parts most likely not meant."""
