"""Guided projects: a larger piece of work in steps, and a checker that looks at what it does."""
