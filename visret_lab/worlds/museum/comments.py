"""What a museum writes beside a painting: what is seen, how it is painted, who the painter was - in other words each time.

A comment names only part of what is there, and by other words than the next one would; what it says of the painter fits all of the
painter's works. So no single word finds a painting.
"""

import numpy as np

from visret_lab.worlds.words import with_article

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")
SAYS = {
    ("time", "morning"): ("the light is that of early morning", "day is just breaking", "a pale morning light lies over everything"),
    ("time", "noon"): ("the sun stands high", "bright daylight fills the picture", "it is the middle of a clear day"),
    ("time", "evening"): ("the sky glows at dusk", "the day comes to its end", "the last light of evening colours the clouds"),
    ("time", "night"): ("night has fallen", "the scene lies in the dark of night", "only a faint nocturnal light remains"),
    ("time", "storm"): ("a storm is gathering", "heavy clouds hang over the scene", "the weather has turned wild"),
    ("light", "moon"): ("the full moon stands in the sky", "moonlight breaks through the clouds"),
    ("light", "sun"): ("the low sun can be seen", "the sinking sun is shown directly"),
    ("season", "summer"): ("the trees are green", "the land lies in summer green", "it is the warm season"),
    ("season", "autumn"): ("leaves have turned brown", "autumn colours prevail", "the harvest is over"),
    ("season", "winter"): ("snow covers the ground", "the land is white with snow", "it is a winter day"),
    ("hills", "mountains"): ("mountains close the view", "a range of blue mountains rises behind"),
    ("water", "river"): ("a river winds to the foreground", "a stream crosses the land", "the eye follows the course of a river"),
    ("building", "cottage"): ("a cottage stands by itself", "a modest farmhouse is seen", "the roof of a peasant's house shines"),
    ("building", "tower"): ("an old tower guards the place", "a castle tower rises"),
    ("building", "ruin"): ("the ruins of a temple recall antiquity", "broken columns stand in the fields"),
    ("building", "mill"): ("a windmill turns its sails", "a mill dominates the land"),
    ("animals", "cows"): ("cattle are grazing", "cows rest in the meadow"),
    ("animals", "gulls"): ("gulls circle above the water", "sea birds cross the sky"),
    ("shore", "cliff"): ("a steep cliff closes the scene on one side", "rocks rise from the water"),
    ("shore", "beach"): ("the beach is seen in front", "the sand of the shore fills the foreground"),
    ("ground", "dark"): ("the background is dark", "everything emerges from darkness"),
    ("ground", "light"): ("the wall behind is bright", "the things are set before a light wall"),
    ("ground", "curtain"): ("a heavy curtain hangs behind the figure", "drapery serves as a background"),
    ("ground", "window"): ("a window opens on the sky", "behind the figure one looks out into the open"),
    ("thing", "vase"): ("a blue vase holds a bouquet", "flowers stand in a vase"),
    ("thing", "jug"): ("an earthen jug is placed on the table", "a pitcher stands there"),
    ("thing", "apples"): ("apples lie on the cloth", "there is ripe fruit, apples above all"),
    ("thing", "lemons"): ("lemons add a yellow note", "citrus fruit shines in front"),
    ("thing", "grapes"): ("a bunch of grapes hangs over the edge", "grapes are spread out"),
    ("thing", "fish"): ("a fish gleams like silver", "the catch of the day lies there"),
    ("thing", "skull"): ("a skull reminds us of death", "the skull is a symbol of vanity"),
    ("thing", "candle"): ("a candle is set among the objects", "a candlestick is included"),
    ("thing", "books"): ("a pile of books speaks of learning", "some volumes are stacked"),
    ("thing", "bread"): ("a loaf of bread completes the meal", "bread is served"),
    ("thing", "glass"): ("a glass of wine catches the light", "red wine stands in a goblet"),
    ("flowers", "roses"): ("the roses are in full bloom", "pink roses prevail"),
    ("flowers", "tulips"): ("precious tulips are among the flowers", "the tulips open"),
    ("flowers", "sunflowers"): ("sunflowers turn their heads", "the yellow of sunflowers shines"),
    ("flowers", "lilies"): ("white lilies stand for purity", "the lilies are white"),
    ("flame", "burning"): ("its flame is burning", "the small flame gives light"),
    ("flame", "out"): ("its flame has gone out", "no flame burns any more"),
    ("age", "young"): ("the sitter is young", "youth is stressed"),
    ("age", "old"): ("the hair has turned grey", "age has marked the face"),
    ("age", "grown"): ("the sitter is of mature age", "a person in the prime of life looks at us"),
    ("beard", "beard"): ("a beard frames the face", "the sitter is bearded"),
    ("dress", "ruff"): ("a white ruff is worn", "the broad pleated collar is carefully described"),
    ("dress", "hat"): ("a broad black hat shades the brow", "the sitter wears a wide hat"),
    ("dress", "chain"): ("a golden chain shows the rank", "jewellery of gold lies on the breast"),
    ("dress", "cap"): ("a white cap covers the hair", "the head is covered by a simple linen cap"),
    ("held", "letter"): ("a letter is held in the hand", "the paper in the hand may bear a message"),
    ("held", "flower"): ("a flower is held, a sign of love", "the hand offers a blossom"),
    ("held", "book"): ("a book is shown", "the hand rests on a volume"),
    ("held", "dog"): ("a small dog is a sign of fidelity", "the favourite dog keeps company"),
    ("floor", "tiles"): ("the floor is tiled like a chessboard", "black and white tiles lead into depth"),
    ("floor", "wood"): ("the floor is of plain boards", "wooden boards cover the floor"),
    ("window", "left"): ("light enters from the left", "a window on the left lights the room"),
    ("window", "right"): ("light enters from the right", "a window on the right lights the room"),
    ("wall", "map"): ("a map hangs on the wall", "the map behind tells of distant lands"),
    ("wall", "painting"): ("a picture within the picture hangs there", "a small painting decorates the wall"),
    ("wall", "mirror"): ("a mirror is fixed to the wall", "the looking glass returns the light"),
    ("front", "canal"): ("houses are mirrored in a canal", "the water of a canal lies in front"),
    ("front", "square"): ("an open square extends before the houses", "the market place is seen"),
    ("front", "street"): ("a street leads past the houses", "people use the street"),
    ("church", "church"): ("the spire of a church rises above the roofs", "a church with its steeple is recorded"),
    ("church", "dome"): ("a dome crowns the town", "the cupola is the landmark of the place"),
    ("bridge", "bridge"): ("a stone bridge spans the water", "the arch of a bridge closes the view"),
}
WITH_WORD = {
    "trees": ("{n} trees are grouped", "the trees, {n} in number, frame the view"),
    "figures": ("{n} small figures animate the scene", "the staffage is limited to {n} people"),
    "ships": ("{n} ships are under sail", "the painter shows {n} vessels", "{n} sails are set"),
    "boats": ("{n} boats pass", "{n} barges lie on the water"),
    "cloth": ("a {v} cloth covers the table", "the table is laid with {v} fabric"),
    "clothes": ("the dress is {v}", "the {v} garment is rendered with care", "a figure in {v} is seen"),
    "sitter": ("a {v} is shown", "the picture is devoted to a {v}"),
    "doing": ("somebody is {v}", "the figure is {v}"),
}
ALONE = {
    "trees": ("a single tree stands there", "one tree only breaks the line of the land"),
    "figures": ("a single figure animates the scene", "one person only is seen"),
    "ships": ("one ship is under sail", "a lonely vessel is seen"),
    "boats": ("one boat passes", "a single barge lies on the water"),
}
TYPE = {
    "landscape": ("This landscape", "The view of the country", "The scene in the open air"),
    "seascape": ("This marine painting", "The sea piece", "The view of the sea"),
    "still-life": ("This still-life", "The arrangement", "The table piece"),
    "portrait": ("This portrait", "The likeness", "The painting of a sitter"),
    "interior": ("This interior", "The domestic scene", "The view of a room"),
    "cityscape": ("This view of a town", "The city view", "The veduta"),
}
OPENS = ("{type} shows what the painter knew well.", "{type} belongs to a group of similar works.",
         "{type} was made for a private house.", "{type} is signed and can be dated with some certainty.",
         "{type} has been in the collection for a long time.", "{type} is a characteristic work.")
HAND = {
    "small": ("It is executed with the finest brush.", "The surface is smooth, the detail minute.",
              "Every detail is described with patience."),
    "middle": ("The handling is assured.", "The brush follows the forms.", "The execution is even."),
    "broad": ("Broad strokes model the forms.", "The paint is laid on freely.", "The brushwork is open and rapid."),
}
MADE = {
    "Tempera on wood": ("Tempera on a wooden panel demanded patience.", "It is painted in tempera."),
    "Oil on panel": ("The smooth panel suits the manner.", "The oak panel is well preserved."),
    "Oil on canvas": ("The weave of the canvas can be seen.", "It is painted on canvas."),
    "Watercolour on paper": ("Transparent washes leave the paper white.", "The watercolour was done before nature."),
    "Pastel": ("The soft chalks give a velvety surface.", "Pastel was the fashion of the time."),
}
PLACE = {
    "Italian": ("The artist was trained in Italy.", "The warm tone is Italian."),
    "Dutch": ("The taste of Dutch burghers is reflected.", "It is a typical product of the Netherlands."),
    "French": ("It shows the elegance of the French school.", "The picture was exhibited in Paris."),
    "Spanish": ("The gravity is that of Spanish art.", "It comes from a Spanish convent."),
    "English": ("English collectors liked such pictures.", "It recalls the English countryside."),
    "German": ("The precise drawing is German.", "The work was found in a German town hall."),
}


def comment(rng, facts, author, kind, technique):
    """Write a comment.

    Args:
        rng: numpy Generator. facts: list of contents.Fact. author: authors.Author. kind: type. technique: its name.

    Returns:
        str, four to seven sentences.
    """
    chosen = [facts[i] for i in sorted(rng.permutation(len(facts))[: max(2, round(len(facts) * rng.uniform(0.5, 0.9)))])]
    seen = [_say(rng, fact) for fact in chosen]
    sentences = [str(rng.choice(OPENS)).format(type=str(rng.choice(TYPE[kind])))]
    while seen:
        together = int(rng.integers(1, 3))
        sentences.append(_sentence(seen[:together]))
        seen = seen[together:]
    around = [str(rng.choice(PLACE[author.school])), str(rng.choice(MADE[technique])), str(rng.choice(HAND[_hand(author)])),
              _who(rng, author)]
    for i in rng.permutation(4)[: int(rng.integers(2, 4))]:
        sentences.insert(int(rng.integers(1, len(sentences) + 1)), around[i])
    return " ".join(sentences)


def title(rng, facts, kind):
    """A short title, as they are: it names one or two things, or only the type."""
    known = {fact.kind: fact.value for fact in facts}
    match kind:
        case "landscape":
            options = [f"Landscape with a {known['building']}" if "building" in known else "Landscape",
                       f"{known['season'].capitalize()} landscape"]
        case "seascape":
            options = ["Ships in a storm" if known["time"] == "storm" else "Ships at sea", "Seascape"]
        case "still-life":
            options = ["Still-life with " + " and ".join([f.value for f in facts if f.kind == "thing"][:2]), "Still-life"]
        case "portrait":
            who = known["sitter"].capitalize()
            shown = with_article(f"{known['age']} {known['sitter']}".replace("grown ", ""))
            options = [f"Portrait of {shown}", f"{who} with a {known['held']}" if "held" in known else "Portrait"]
        case "interior":
            options = [f"{known['sitter'].capitalize()} {known['doing']}", "Interior"]
        case _:
            options = [f"View of a {known['front']}", "A town"]
    return str(rng.choice(options))


def _say(rng, fact):
    if (fact.kind, fact.value) in SAYS:
        return str(rng.choice(SAYS[fact.kind, fact.value]))
    words = str(rng.choice(ALONE[fact.kind] if fact.value == 1 else WITH_WORD[fact.kind]))
    return words.format(n=NUMBERS[min(fact.value, 8)] if isinstance(fact.value, int) else "", v=fact.value)


def _sentence(parts):
    text = ", and ".join(parts)
    return text[0].upper() + text[1:] + "."


def _hand(author):
    return "small" if author.stroke[1] < 0.014 else "middle" if author.stroke[1] < 0.022 else "broad"


def _who(rng, author):
    first = author.timeframe[:4]
    century = 1 + int(first) // 100
    return str(rng.choice((f"{author.name} painted it in a mature period.", f"It is ascribed to {author.name}.",
                           f"The {century}th century valued such works.",
                           f"It is one of several versions by {author.name}.",
                           f"Works of the {century}th century seldom come in such a state.")))
