"""Plan -> Code: the readable form and the fast ones, and what both share."""
