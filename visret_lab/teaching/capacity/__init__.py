"""A calculator in the page: how many machines a database of N vectors would take."""

from visret_lab.teaching.capacity.capacity import capacity_html, duration

__all__ = ["capacity_html", "duration"]
