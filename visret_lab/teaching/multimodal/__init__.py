"""A picture plus words, minus words: a search that runs in the page."""

from visret_lab.teaching.multimodal.multimodal import Example, WordMap, multimodal, multimodal_html

__all__ = ["Example", "WordMap", "multimodal", "multimodal_html"]
