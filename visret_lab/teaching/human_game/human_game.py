"""Write the human game as one HTML element that needs nothing beside itself: no kernel, no network.

The game of Garcia and Vogiatzis, "How to read paintings", ECCV workshops 2018: easy sets are ten paintings at random, difficult ones ten
of one type.
"""

import hashlib
import html
import json
from pathlib import Path
from typing import NamedTuple

from IPython.display import HTML, display

from visret_lab.thumbnails import data_uri

HERE = Path(__file__).parent


class Round(NamedTuple):
    """One question. comment: str. candidates: keys of the paintings to choose from, in the order in which they are shown; answer: which of
    them it is, from 0."""

    comment: str
    candidates: tuple
    answer: int


def human_game(image, sets, **options):
    """Show the element. Arguments as for human_game_html."""
    display(HTML(human_game_html(image, sets, **options)))


def human_game_html(image, sets, longest=168, quality=66):
    """The element as a string of HTML that needs nothing beside itself.

    Args:
        image: function of a key -> uint8 H x W x 3, RGB.
        sets: dict name, such as "easy" -> dict with
            "words": what the set is, a few words;
            "rounds": list of Round;
            "picks": dict model -> list of int, which candidate it chooses in each of the rounds;
            "all": dict model -> (accuracy, low, high, rounds), over all rounds of the set; may be empty;
            "published": dict who -> accuracy; may be empty.
        longest: side of a painting, pixels. quality: of its JPEG.

    Raises:
        ValueError: no set, a set without rounds, a round whose answer or pick is none of its candidates, or a model that does not play all
            of a set's rounds.
    """
    if not sets:
        raise ValueError("The game needs at least one set of rounds.")
    shown = [_set(name, one) for name, one in sets.items()]
    keys = list(dict.fromkeys(key for one in sets.values() for asked in one["rounds"] for key in asked.candidates))
    number = {key: i for i, key in enumerate(keys)}
    for one in shown:
        for asked in one["rounds"]:
            asked["candidates"] = [number[key] for key in asked["candidates"]]
    text = json.dumps({"sets": shown}, separators=(",", ":")).replace("</", "<\\/")
    pictures = [data_uri(image(key), longest, quality) for key in keys]
    name = "hg" + hashlib.sha1((text + "".join(pictures)).encode()).hexdigest()[:10]
    style = (HERE / "human_game.css").read_text(encoding="utf-8").replace("ROOT", f"#{name}")
    script = (HERE / "human_game.js").read_text(encoding="utf-8").replace("ROOT_ID", name)
    return (f'<div id="{name}" class="human-game" role="group" aria-label="Which painting does the comment describe?">'
            f'<style>{style}</style><div class="hg-app"></div>{_fallback(shown, pictures)}'
            f'<script type="application/json" class="hg-data">{text}</script><script>{script}</script></div>')


def _set(name, one):
    """A set, checked and ready for the page; candidates are still keys."""
    if not one["rounds"]:
        raise ValueError(f"The set {name!r} has no round.")
    for model, picks in one["picks"].items():
        if len(picks) != len(one["rounds"]):
            raise ValueError(f"{model} plays {len(picks)} rounds of the set {name!r}, which has {len(one['rounds'])}: all play the "
                             "same.")
    rounds = []
    for i, asked in enumerate(one["rounds"]):
        picks = {model: int(chosen[i]) for model, chosen in one["picks"].items()}
        for chosen in (asked.answer, *picks.values()):
            if not 0 <= chosen < len(asked.candidates):
                raise ValueError(f"Round {i + 1} of the set {name!r} has {len(asked.candidates)} paintings; {chosen} is none of them.")
        rounds.append({"comment": asked.comment, "candidates": list(asked.candidates), "answer": int(asked.answer), "picks": picks})
    every = {model: {"accuracy": round(a, 4), "low": round(low, 4), "high": round(high, 4), "rounds": int(count)}
             for model, (a, low, high, count) in one["all"].items()}
    return {"name": name, "words": one["words"], "rounds": rounds, "all": every, "published": dict(one["published"])}


def _fallback(sets, pictures):
    """For paper, and for a browser without scripts: the paintings once, numbered, and the rounds; the answers stand last."""
    gallery = "".join(f'<figure data-painting="{i}"><img alt="painting {i + 1}" src="{uri}"><figcaption>{i + 1}</figcaption></figure>'
                      for i, uri in enumerate(pictures))
    asked, answers = [], []
    for one in sets:
        lines = [f"<li>{html.escape(r['comment'])} <b>Which of {', '.join(str(c + 1) for c in r['candidates'])}?</b></li>"
                 for r in one["rounds"]]
        asked.append(f"<p>Set {html.escape(one['name'])}: {html.escape(one['words'])}.</p><ol>{''.join(lines)}</ol>")
        right = ", ".join(str(r["candidates"][r["answer"]] + 1) for r in one["rounds"])
        scores = "; ".join(f"{html.escape(model)} {100 * v['accuracy']:.0f} % of {v['rounds']} rounds" for model, v in one["all"].items())
        answers.append(f"<p>Answers, set {html.escape(one['name'])}: {right}. {scores}</p>")
    return f'<div class="hg-print"><div class="hg-gallery">{gallery}</div>{"".join(asked)}{"".join(answers)}</div>'
