"""The town: landmarks, their look-alikes and plain streets, painted from three dimensions with their truth.

    generate(folder, config=None, *, workers=None, progress=True) -> folder

writes `images/<id>.jpg`, `truth.json` and `manifest.json`. `truth.json` holds

    images:    [{id, kind, landmark, visible, size, azimuth, distance, zoom, light, weather, blur, box, difficulty,
                 classic, revisited}]; kind is "landmark", "look_alike" or "street"; landmark is an index or -1
    queries:   [{id, image, box: [x0, y0, x1, y1], landmark}]
    landmarks: one a landmark: {good, ok, junk, easy, hard}: image ids. good + ok = easy + hard; junk is junk in both.
"""

from visret_lab.worlds.town.generate import VERSION, TownConfig, generate

__all__ = ["VERSION", "TownConfig", "generate"]
