"""The rank explorer: ranked lists that stay alive in a page without a kernel and without a network."""

from visret_lab.teaching.explorer.explorer import element, explorer_html, rank_explorer

__all__ = ["element", "explorer_html", "rank_explorer"]
