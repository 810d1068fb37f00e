"""Races of chapter 04: matching one query with a database, and RootSIFT."""

import numpy as np

from visret_lab.bench.race import Race
from visret_lab.features.local import root_sift
from visret_lab.features.matching import Matcher


def descriptors(images, points, rng):
    """Random RootSIFT descriptors for a number of images; every image shares some with the first."""
    base = rng.gamma(0.6, 1.0, (points, 128)).astype(np.float32)
    return [root_sift(np.where(rng.random((points, 1)) < 0.2, base + 0.05 * rng.random((points, 128)),
                               rng.gamma(0.6, 1.0, (points, 128))).astype(np.float32)) for _ in range(images)]


def opencv_matches(query, database, ratio):
    """OpenCV's brute-force matcher, image by image, with the ratio test: flat list of (image, row, row)."""
    import cv2

    matcher, found = cv2.BFMatcher(cv2.NORM_L2), []
    for i, rows in enumerate(database):
        for first, second in matcher.knnMatch(query, rows, k=2):
            if first.distance < ratio * second.distance:
                found.append((i, first.queryIdx, first.trainIdx))
    return np.array(sorted(found)).reshape(-1, 3)


def our_matches(query, matcher):
    """The same from Matcher."""
    return np.array([(i, *pair) for i, pairs in enumerate(matcher.match(query)) for pair in pairs.tolist()]).reshape(-1, 3)


def races(small=False):
    """The races of this chapter; `small` for tests."""
    rng = np.random.default_rng(0)
    images, points = (6, 30) if small else (300, 250)
    database = descriptors(images, points, rng)
    query = database[0]
    matcher = Matcher(database, ratio=0.8)
    return [Race(f"ratio-test matching, 1 query x {images} images x {points} points", "04_local_features",
                 "cv2.BFMatcher.knnMatch image by image",
                 ours=lambda: our_matches(query, matcher), theirs=lambda: opencv_matches(query, database, 0.8),
                 target=1.0, tolerance=0, note="equal lists of matches")]
