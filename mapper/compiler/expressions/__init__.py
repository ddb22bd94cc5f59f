"""The parts of an expression: tokens, grammar, tree, and what an author of another language meant."""
