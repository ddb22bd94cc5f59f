"""The playground: what its page asks, answered. No transport and no secret is within its reach."""
