"""Races and comparisons with other libraries, one module a chapter."""
