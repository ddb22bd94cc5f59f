"""Sample events -> the guesses that a draft is made of, each with its evidence."""
