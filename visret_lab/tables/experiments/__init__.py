"""The runs behind the tables, one module a chapter; each has run(tier, seed) -> rows."""
