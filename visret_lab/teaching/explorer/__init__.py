"""The rank explorer: ranked lists that stay alive in a page without a kernel and without a network."""

from visret_lab.teaching.explorer.explorer import explorer_html, rank_explorer

__all__ = ["explorer_html", "rank_explorer"]
