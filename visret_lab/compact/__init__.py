"""From a vector to a few bytes: product quantisation and hashing."""
