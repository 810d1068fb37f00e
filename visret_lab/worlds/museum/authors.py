"""Painters who never lived: each belongs to a school and a time, and has a hand that can be recognised."""

from dataclasses import dataclass

import numpy as np

SCHOOLS = ("Italian", "Dutch", "French", "Spanish", "English", "German")
TYPES = ("landscape", "seascape", "still-life", "portrait", "interior", "cityscape")
TIMEFRAMES = ("1501-1550", "1551-1600", "1601-1650", "1651-1700", "1701-1750", "1751-1800", "1801-1850", "1851-1900")
# Techniques and the centuries in which they are used here.
TECHNIQUES = {"Tempera on wood": (0, 2), "Oil on panel": (0, 4), "Oil on canvas": (1, 8), "Watercolour on paper": (5, 8), "Pastel": (4, 8)}
FIRST = {
    "Italian": ("Matteo", "Lorenza", "Bartolo", "Ginevra", "Silvio"),
    "Dutch": ("Pieter", "Aletta", "Joris", "Hendrik", "Margriet"),
    "French": ("Etienne", "Clothilde", "Gaspard", "Honorine", "Lucien"),
    "Spanish": ("Diego", "Inesa", "Rodrigo", "Beltran", "Elvira"),
    "English": ("Edmund", "Harriet", "Walter", "Agnes", "Tobias"),
    "German": ("Konrad", "Ottilie", "Albrecht", "Gesine", "Veit"),
}
LAST = {
    "Italian": ("Valdarno", "Cortese", "Bellacqua", "Montorsi"),
    "Dutch": ("van Steenwold", "ter Haar", "Duinker", "Verlaken"),
    "French": ("Montreuil", "Delacour", "Beauvallet", "Sarlande"),
    "Spanish": ("Aldaba", "Torrenueva", "Quintar", "Salvatierra"),
    "English": ("Ashcombe", "Thornley", "Wexford", "Marsham"),
    "German": ("Rothenau", "Birkholz", "Steinacher", "Lindegg"),
}
# The light of a school: warmth (red against blue), saturation, brightness of the shadows.
LIGHT = {"Italian": (0.06, 1.15, 0.0), "Dutch": (0.03, 0.8, -0.06), "French": (0.0, 1.05, 0.05), "Spanish": (0.10, 0.9, -0.10),
         "English": (-0.03, 0.85, 0.04), "German": (-0.05, 0.95, -0.03)}


@dataclass(frozen=True)
class Author:
    """A painter. kinds: types that are painted, most often the first; period: position in TIMEFRAMES; stroke: length and width of the
    brush as shares of the picture; loose: how far strokes stray; warm, vivid, dark: the light of the hand."""

    name: str
    school: str
    period: int
    kinds: tuple
    stroke: tuple
    loose: float
    warm: float
    vivid: float
    dark: float

    @property
    def timeframe(self):
        """Half a century, such as "1601-1650"."""
        return TIMEFRAMES[self.period]


def make_authors(rng, count=24):
    """Painters of all schools, in turns: list of Author. No two have one name. ValueError: more than there are names."""
    most = len(SCHOOLS) * min(len(FIRST["Dutch"]) * len(LAST["Dutch"]), 20)
    if not 1 <= count <= most:
        raise ValueError(f"There are names for 1 to {most} painters, not {count}.")
    names = {school: [f"{a} {b}" for a in FIRST[school] for b in LAST[school]] for school in SCHOOLS}
    names = {school: [all_names[i] for i in rng.permutation(len(all_names))] for school, all_names in names.items()}
    authors = []
    for i in range(count):
        school = SCHOOLS[i % len(SCHOOLS)]
        warm, vivid, dark = LIGHT[school]
        width = float(rng.choice([0.011, 0.018, 0.026]))
        kinds = tuple(str(k) for k in rng.choice(TYPES, 3, replace=False))
        authors.append(Author(names[school].pop(), school, int(rng.integers(len(TIMEFRAMES))), kinds,
                              (width * float(rng.uniform(2, 6)), width),
                              float(rng.uniform(0.0, 0.45)), warm + float(rng.normal(0, 0.03)), vivid * float(rng.uniform(0.85, 1.15)),
                              dark + float(rng.normal(0, 0.03))))
    return authors


def technique_of(rng, author):
    """A technique of the author's time."""
    known = [t for t, (first, last) in TECHNIQUES.items() if first <= author.period < last]
    return str(rng.choice(known))
