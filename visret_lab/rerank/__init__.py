"""Second looks at a ranked list."""
