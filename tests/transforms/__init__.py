"""Each transform, and the normal forms that are made of them."""
