"""JMESPath text -> Expression: tokens, tree, signatures, and what an expression reads."""
