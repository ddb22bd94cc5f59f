"""Plan -> Code in the form that a person reads, which is the reference for all others."""
