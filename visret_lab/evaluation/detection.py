"""Average precision of detections, as the PASCAL VOC challenge of 2007 measured it (Everingham et al., IJCV 2010, section 4.2).

All detections of all pictures stand in one list, the surest first. One is right if it overlaps an object by more than a half, and is the
first to do so; a second box around the same object is wrong. With precision p and recall r after each place of the list,

    AP = 1/11 sum over t = 0, 0.1, ..., 1 of max p(r) over r >= t.
"""

import numpy as np

LEVELS = np.arange(11) / 10


def detection_ap(scores, overlaps, least=0.5):
    """Average precision of one class of objects.

    Args:
        scores: list with float P for each picture, how sure its detections are.
        overlaps: list with float P x T for each picture: intersection over union of its detections and its T objects.
        least: overlap that a right detection exceeds.

    Returns:
        float from 0 to 1.

    Raises:
        ValueError: lists that do not belong together, or no object at all.
    """
    if [len(s) for s in scores] != [len(o) for o in overlaps] or any(np.ndim(o) != 2 for o in overlaps):
        raise ValueError("Each picture needs one score a detection, and overlaps of shape detections x objects; got "
                         f"{[np.shape(s) for s in scores][:3]} and {[np.shape(o) for o in overlaps][:3]} for the first pictures.")
    objects = sum(o.shape[1] for o in overlaps)
    if objects == 0:
        raise ValueError("There is no object in any picture, so there is no recall. Give at least one.")
    right = np.concatenate([_right(s, o, least) for s, o in zip(scores, overlaps, strict=True)])
    hits = np.cumsum(right[np.argsort(-np.concatenate(scores), kind="stable")])
    recall, precision = hits / objects, hits / np.arange(1, len(hits) + 1)
    # The sum of 0.1 and 0.2 is not 0.3: a recall of exactly a level must reach it.
    return float(np.mean([precision[recall >= level - 1e-9].max(initial=0.0) for level in LEVELS]))


def _right(scores, overlaps, least):
    """bool P: which detections of a picture are right. Each is compared with the object that it overlaps most."""
    right, taken = np.zeros(len(scores), bool), set()
    if overlaps.shape[1]:
        for n in np.argsort(-np.asarray(scores), kind="stable"):
            best = int(overlaps[n].argmax())
            if overlaps[n, best] > least and best not in taken:
                right[n] = True
                taken.add(best)
    return right
