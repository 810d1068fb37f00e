"""Small pieces of a page: sentences with numbers from the run, source code of the package, quizzes."""

import html
import inspect
import re

from IPython.display import HTML, Code, Markdown, display

# JupyterLab hides the little arrow that says "open me".
QUIZ_STYLE = """<style>
.quiz summary { display: list-item !important; cursor: pointer; list-style: disclosure-closed inside !important; }
.quiz details[open] > summary { list-style-type: disclosure-open !important; }
</style>"""


def say(text):
    """Show `text` (Markdown) as a sentence of the page. Used with an f-string, so that every number comes from the run.

    A p value of a permutation test is never 0; where rounding says "p = 0.000" the page says "p < 0.001".
    """
    display(Markdown(re.sub(r"\bp = 0\.000\b", "p < 0.001", text)))


def show_source(function):
    """Show the source of a function or class of the package, as it is installed: what is read is what runs."""
    display(Code(inspect.getsource(function), language="python"))


def quiz(question, choices):
    """Show a question with choices that open to a verdict and a reason. Needs no kernel and no script.

    Args:
        question: plain text, in which *words* between asterisks are emphasised; so may be the texts and reasons of the choices.
        choices: a list of (text, is_right, reason); exactly one is right.

    Raises:
        ValueError: not exactly one right choice, or a choice without a reason.
    """
    if sum(bool(right) for _, right, _ in choices) != 1:
        raise ValueError("A quiz question needs exactly one right choice.")
    if not all(reason for _, _, reason in choices):
        raise ValueError("Every choice needs a reason: the wrong ones teach most.")
    rows = "".join(
        f'<details class="quiz-choice"><summary>{_emphasised(text)}</summary>'
        f"<p><strong>{'Right.' if right else 'Not this one.'}</strong> {_emphasised(reason)}</p></details>"
        for text, right, reason in choices
    )
    display(HTML(f'{QUIZ_STYLE}<div class="quiz"><p><strong>{_emphasised(question)}</strong></p>{rows}</div>'))


def _emphasised(text):
    """Plain text as HTML, *words* between asterisks emphasised. A lone asterisk, or one that stands free as in 2 * 3, stays."""
    return re.sub(r"\*(?=\S)([^*]+?)(?<=\S)\*", r"<em>\1</em>", html.escape(text))
