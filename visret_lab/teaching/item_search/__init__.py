"""The item search: point at what somebody wears in a photograph of a screen, and see where in the film it is seen again."""

from visret_lab.teaching.item_search.item_search import item_search, item_search_html
from visret_lab.teaching.item_search.upload import upload

__all__ = ["item_search", "item_search_html", "upload"]
