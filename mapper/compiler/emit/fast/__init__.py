"""Plan -> Code in forms that are fast: the same outcomes as the readable one, to the byte."""
