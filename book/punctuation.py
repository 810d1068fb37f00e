"""Keep a formula and the mark after it on one line.

A browser may break a line on either side of a formula, as of a picture; a full stop would then stand alone at the start of the next
line, or a bracket at the end of this one. A word joiner (U+2060) between the two takes that place away (CSS Text 3, section 5.1).
"""

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

JOINER = "\u2060"


class JoinPunctuation(SphinxPostTransform):
    """Put a word joiner between an inline formula and punctuation that touches it."""

    default_priority = 900
    formats = ("html",)

    def run(self, **kwargs):
        """Called for each page, just before it is written."""
        for formula in list(self.document.findall(nodes.math)):
            siblings = formula.parent.children
            place = siblings.index(formula)
            after = siblings[place + 1] if place + 1 < len(siblings) else None
            before = siblings[place - 1] if place else None
            if isinstance(after, nodes.Text) and after[:1] in tuple(".,;:!?)]’”%"):
                formula.parent.replace(after, nodes.Text(JOINER + after))
            if isinstance(before, nodes.Text) and before[-1:] in tuple("([‘“"):
                formula.parent.replace(before, nodes.Text(before + JOINER))


def setup(app):
    """Called by Sphinx."""
    app.add_post_transform(JoinPunctuation)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
