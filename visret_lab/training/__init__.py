"""Networks that learn: short loops that can be stopped and go on with the same result."""
