"""Moving figures: curves that change from frame to frame, in a page without a kernel and without a network."""

from visret_lab.teaching.moving.moving import Frame, moving_figure, moving_html

__all__ = ["Frame", "moving_figure", "moving_html"]
