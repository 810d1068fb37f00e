"""Keep a formula and the mark that touches it on one line.

A browser may break a line on either side of a formula, as of a picture, whatever stands there: a full stop would then be alone at the
start of the next line. Together in an element that does not wrap (course.css), they stay together.
"""

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

AFTER, BEFORE = tuple(".,;:!?)]’”%"), tuple("([‘“")


class JoinPunctuation(SphinxPostTransform):
    """Put an inline formula and the marks that touch it into one element."""

    default_priority = 900
    formats = ("html",)

    def run(self, **kwargs):
        """Called for each page, just before it is written."""
        for formula in list(self.document.findall(nodes.math)):
            self.join(formula.parent, formula)

    @staticmethod
    def join(parent, formula):
        """Wrap one formula; text nodes beside it lose the mark that goes in."""
        place = parent.index(formula)
        before, after = (parent[i] if 0 <= i < len(parent) else None for i in (place - 1, place + 1))
        opened = before[-1:] if isinstance(before, nodes.Text) and before.endswith(BEFORE) else ""
        closed = after[:1] if isinstance(after, nodes.Text) and after.startswith(AFTER) else ""
        if not opened and not closed:
            return
        if closed:
            parent[place + 1] = nodes.Text(after[1:])
        marks = [[nodes.Text(mark)] if mark else [] for mark in (opened, closed)]
        parent[place] = nodes.inline("", "", *marks[0], formula, *marks[1], classes=["joined"])
        if opened:
            parent[place - 1] = nodes.Text(before[:-1])


def setup(app):
    """Called by Sphinx."""
    app.add_post_transform(JoinPunctuation)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
