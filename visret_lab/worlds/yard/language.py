"""Five people describe a scene, each in other words: some name everything, some one thing only, some begin with the place.

A sentence is built of pieces. A piece that speaks of something in the picture remembers what, so that its words are tied to a box.
"""

from typing import NamedTuple

import numpy as np

from visret_lab.worlds.words import with_article

NOUNS = {
    "man": ("man", "man", "guy", "person"),
    "woman": ("woman", "woman", "lady", "person"),
    "boy": ("boy", "boy", "kid", "child"),
    "girl": ("girl", "girl", "child", "kid"),
    "dog": ("dog", "dog", "dog", "puppy"),
    "cat": ("cat", "cat", "kitten"),
    "horse": ("horse",),
    "bicycle": ("bicycle", "bike"),
    "pants": ("pants", "trousers"),
    "shirt": ("shirt", "shirt", "top", "sweater"),
    "hat": ("hat", "cap"),
    "boat": ("boat", "sailboat"),
    "bench": ("bench",),
    "car": ("car",),
}
YOUNG = {
    "man": ("young", "old"),
    "woman": ("young", "old"),
    "boy": ("little", "small", "young"),
    "girl": ("little", "small", "young"),
    "dog": ("big", "small"),
}
WHERE = {
    "park": ("in the park", "on the grass", "in a green park"),
    "beach": ("on the beach", "by the sea", "on the sand", "near the ocean"),
    "street": ("on the street", "in the city", "on the road", "in front of some buildings"),
    "snow": ("in the snow", "on a snowy day", "in a snowy field"),
    "lake": ("by the lake", "near the water", "at the lake"),
    "field": ("in a field", "in a dry field", "across a field"),
}
# The verb forms of each event: {0}, {1}, {2} are those who take part.
DOES = {
    "run": ("{0} runs", "{0} is running", "{0} jogs", "{0} sprints"),
    "jump": ("{0} jumps", "{0} is jumping", "{0} leaps into the air", "{0} jumps for joy"),
    "walk dog": ("{0} walks {1}", "{0} is walking {1}", "{0} takes {1} for a walk", "{0} holds {1} on a leash"),
    "throw": ("{0} throws {1}", "{0} is throwing {1}", "{0} tosses {1}", "{0} plays with {1}"),
    "ride": ("{0} rides {1}", "{0} is riding {1}", "{0} is on {1}"),
    "skate": ("{0} rides {1}", "{0} balances on {1}", "{0} does a trick on {1}"),
    "sit": ("{0} sits on {1}", "{0} is sitting on {1}", "{0} rests on {1}"),
    "umbrella": ("{0} holds {1}", "{0} stands under {1}", "{0} is carrying {1}", "{0} walks with {1}"),
    "kite": ("{0} flies {1}", "{0} is flying {1}", "{0} plays with {1}"),
    "balloon": ("{0} holds {1}", "{0} is holding {1}", "{0} carries {1}"),
    "fetch": ("{0} runs with {1} in its mouth", "{0} is carrying {1}", "{0} fetches {1}", "{0} plays with {1}"),
    "chase": ("{0} chases {1}", "{0} runs after {1}", "{0} is chasing {1}"),
    "horse": ("{0} is outside", "{0} stands alone", "there is {0}"),
    "rider": ("{0} rides {1}", "{0} is riding {1}", "{0} sits on {1}"),
    "cat": ("{0} sits", "{0} is sitting", "there is {0}"),
    "pair": ("{0} and {1} stand together", "{0} walks with {1}", "{0} is next to {1}", "{0} talks to {1}"),
}
WITH_DOG = (" to {2}", " for {2}", " while {2} jumps", " and {2} wants to catch it")


class Piece(NamedTuple):
    """Words, and the position of the thing that they speak of, or -1."""

    words: str
    thing: int = -1


def describe(scene, rng, count=5):
    """Sentences about a scene.

    Args:
        scene: scene.Scene. rng: numpy Generator. count: sentences.

    Returns:
        list of (text, list of (start, end, thing)): words `start` to `end` (exclusive) of the text, split at blanks, speak of the thing.
    """
    styles = rng.permutation(["full", "full", "short", "place first", "other", "around"])[:count]
    while len(styles) < count:
        styles = np.append(styles, "full")
    return [_joined(_sentence(scene, rng, str(style))) for style in styles]


def _sentence(scene, rng, style):
    first, second = (scene.events[0], scene.events[1]) if len(scene.events) > 1 else (scene.events[0], None)
    if style == "other" and second:
        first, second = second, first
    where = Piece(str(rng.choice(WHERE[scene.place])))
    if style == "short":
        return _event(scene, rng, first, plain=True)
    told = _event(scene, rng, first)
    if second and style in ("full", "around") and rng.random() < 0.75:
        told += [Piece(str(rng.choice(["while", "and", "as"]))), *_event(scene, rng, second, plain=rng.random() < 0.5)]
    elif style == "around" and scene.extras:
        told += [Piece(str(rng.choice(["near", "beside", "with", "next to"]))), *_thing(scene, rng, int(rng.choice(scene.extras)))]
        if rng.random() < 0.5:
            return told
    if style == "place first":
        return [where, Piece(","), *told]
    return [*told, where] if style != "other" or rng.random() < 0.6 else told


def _event(scene, rng, event, plain=False):
    name, things = event
    pattern = str(rng.choice(DOES[name]))
    if len(things) > 2 and rng.random() < 0.6:
        pattern += str(rng.choice(WITH_DOG))
    parts = {"{%d}" % i: _thing(scene, rng, t, plain or (i > 0 and rng.random() < 0.3)) for i, t in enumerate(things)}
    pieces = []
    for word in pattern.split(" "):
        if word in parts:
            pieces += parts[word]
        elif pieces and pieces[-1].thing < 0:
            pieces[-1] = Piece(f"{pieces[-1].words} {word}")
        else:
            pieces.append(Piece(word))
    return pieces


def _thing(scene, rng, number, plain=False):
    """A thing in words: article, adjectives, noun; of a person perhaps what is worn."""
    thing = scene.things[number]
    noun = str(rng.choice(NOUNS.get(thing.noun, (thing.noun,))))
    words = []
    if thing.noun in YOUNG and rng.random() < (0.15 if plain else 0.35):
        words.append(str(rng.choice(YOUNG[thing.noun])))
    if thing.color and rng.random() < (0.25 if plain else 0.85):
        words.append(thing.color)
    pieces = [Piece(_article([*words, noun]), number)]
    if thing.wears and not plain:
        pieces += _worn(scene, rng, thing.wears)
    return pieces


def _worn(scene, rng, wears):
    count = int(rng.choice([0, 1, 2], p=(0.3, 0.5, 0.2)))
    chosen = [int(w) for w in rng.permutation(wears)[:count]]
    pieces = []
    for i, number in enumerate(chosen):
        thing = scene.things[number]
        noun = str(rng.choice(NOUNS.get(thing.noun, (thing.noun,))))
        words = f"{thing.color} {noun}" if thing.noun == "pants" else _article([thing.color, noun])
        pieces += [Piece(str(rng.choice(["in", "wearing", "with"])) if i == 0 else "and"), Piece(words, number)]
    return pieces


def _article(words):
    return with_article(" ".join(words))


def _joined(pieces):
    """Pieces to a sentence that ends with a full stop, and where its phrases stand."""
    words, phrases = [], []
    for piece in pieces:
        start = len(words)
        words += piece.words.split(" ")
        if piece.thing >= 0:
            phrases.append((start, len(words), piece.thing))
    words[0] = words[0].capitalize()
    return " ".join([*words, "."]), phrases
