"""What is proved of a mapping beyond its types: identity, personal data, what never acts, advice."""
