"""What counts as good, ok and junk, easy and hard: rules on measured quantities, fixed before any method was run.

As in the Oxford buildings set: *good* is a nice, clear picture of the landmark; *ok* shows more than 25 % of it;
*junk* shows less than 25 %, or is distorted beyond use. As in the revisited set, the good and ok pictures are then split
into *easy* and *hard* by how much the conditions take away.
"""

OK_FRACTION = 0.25
GOOD_FRACTION = 0.65
SMALLEST = 0.02  # share of the picture; a landmark smaller than this is a speck
SHARPEST = 72  # degrees from the front; beyond, a facade is a line


def label(record):
    """Judge one picture.

    Args:
        record: dict with `visible` (share of the whole landmark that is seen), `size` (share of the picture that it
            fills), `azimuth` (degrees), `light`, `weather`, `blur`.

    Returns:
        (classic, revisited): "good" | "ok" | "junk" | "absent" and "easy" | "hard" | "junk" | "absent".
    """
    if record["visible"] <= 0:
        return "absent", "absent"
    distorted = record["size"] < SMALLEST or abs(record["azimuth"]) > SHARPEST
    if record["visible"] < OK_FRACTION or distorted:
        return "junk", "junk"
    trouble = difficulty(record)
    classic = "good" if record["visible"] >= GOOD_FRACTION and trouble < 2 else "ok"
    return classic, "easy" if trouble < 1 else "hard"


def difficulty(record):
    """How much the conditions take away: a sum of points; below 1 is easy.

    Half a point for each of: less than 65 % visible, 35 degrees or more from the front, dusk, a landmark below 8 % of
    the picture, rain or snow. A whole point for each of: less than 45 % visible, 50 degrees, night, fog, blur above
    1.2 pixels.
    """
    points = 0.5 * (record["visible"] < 0.65) + 0.5 * (record["visible"] < 0.45)
    points += 0.5 * (abs(record["azimuth"]) > 35) + 0.5 * (abs(record["azimuth"]) > 50)
    points += {"day": 0.0, "dusk": 0.5, "night": 1.0}[record["light"]]
    points += {"clear": 0.0, "cloudy": 0.0, "rain": 0.5, "snow": 0.5, "fog": 1.0}[record["weather"]]
    points += 0.5 * (record["size"] < 0.08) + 1.0 * (record["blur"] > 1.2)
    return points
