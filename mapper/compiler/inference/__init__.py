"""What is known of an expression's value: types, what can never work, what is most likely not meant."""
