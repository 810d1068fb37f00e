"""Published numbers as data, and the runs that stand beside them."""
