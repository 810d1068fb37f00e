"""What others did, cause by cause, and where a reader can see which way was taken. For chapter 29.

A name with a number is a public thread of that project. What other projects' code does was read in one version of it, and may have
changed since.
"""

from typing import NamedTuple

PAPER, CODE, LISTS, NOWHERE = "the paper, if it says so", "the code", "the ranked lists", "nowhere but in the pixels"


class Told(NamedTuple):
    """who: what others did. seen: where a reader can see it."""

    who: str
    seen: str


# (family, beginning of the label) -> Told; the first that fits counts.
TOLD = {
    ("size", ""): Told("1,024 pixels in most papers; 640 x 480 gave the published figures of OpenIBL (issue 21)", PAPER),
    ("crop", "not cropped"): Told("OpenIBL 21, RerankingTransformer 2 and DELG 13: whole pictures asked", CODE),
    ("crop", "cropped on the maps"): Told("several codes drop features outside the box, not pixels", CODE),
    ("crop", "cropped, then enlarged"): Told("an early cirtorch shrank the cut to the side of a whole picture; a later one keeps the scale",
                                             CODE),
    ("crop", "cropped, then squashed"): Told("networks with one input size; OpenIBL: 640 x 480", CODE),
    ("interpolation", "images by"): Told("two programs, one for the index and one for the queries", CODE),
    ("interpolation", ""): Told("OpenIBL 21 names bicubic by Pillow; cirtorch takes Lanczos; OpenCV users rarely say", CODE),
    ("pixels", "boxes"): Told("the public copies of Oxford and Paris since their withdrawal (cnnimageretrieval-pytorch 78)", NOWHERE),
    ("pixels", ""): Told("mirrors of withdrawn data sets; pages that save pictures again", NOWHERE),
    ("preparation", "mean"): Told("asked about in OpenIBL 21: not the mean and deviation of the other code", CODE),
    ("preparation", ""): Told("OpenCV reads blue first, Pillow red first", CODE),
    ("whitening", "learnt on the"): Told("a fair PCA for Oxford comes from Paris; DIR and cirtorch ship one learnt elsewhere", PAPER),
    ("whitening", "32 numbers kept, learnt"): Told("a fair PCA for Oxford comes from Paris", PAPER),
    ("whitening", ""): Told("papers differ in set, size and power", PAPER),
    ("rules", "own picture"): Told("classic Oxford counts it as a positive; ROxford takes it out", LISTS),
    ("rules", "junk"): Told("asked about in cirtorch 49 and 77; a classification library knows no junk", LISTS),
    ("rules", "protocol"): Told("DELF, Oxford 83.8, and in a later paper 67.8: another set of answers (tensorflow/models 10315)", PAPER),
    ("formula", "finite"): Told("scikit-learn and most libraries; DIR 8", LISTS),
    ("formula", "eleven"): Told("PASCAL VOC until 2009", LISTS),
    ("formula", "trapezoids"): Told("first evaluator of fyang93/diffusion, put right after issue 3; proposed in revisitop 2", LISTS),
    ("formula", "list cut"): Told("any index that returns the first k; the DIR code divides by the found", LISTS),
    ("ties", ""): Told("argsort(...)[::-1] in SemArt and SalBoW turns ties round", LISTS),
    ("machine", ""): Told("half precision on a GPU; number of threads", NOWHERE),
}


def told(case):
    """What others did about a `Case`: `Told`. KeyError: nothing is known of its family."""
    for (family, start), known in TOLD.items():
        if case.family == family and case.label.startswith(start):
            return known
    raise KeyError(f"Nothing is told of {case.family}: {case.label}.")
