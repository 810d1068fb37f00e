"""Tables: the published rows as data, the runs that stand beside them, and their records."""

import contextlib
import json
import platform
import time
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from visret_lab.datasets.load import current_tier
from visret_lab.files import write_bytes

RECORDS = Path(__file__).parent / "records"
TIERS = ("mini", "campus", "full")
TOLERANCE = {
    "mini": (0.005, "same seed and thread count; JPEG decoding and SIFT differ a little between platforms"),
    "campus": (0.01, "the copies of the photographs may be re-encoded"),
    "full": (0.03, "the public copies of Oxford and Paris have blurred faces; decoders and interpolation differ"),
}


def experiments():
    """Table -> the experiments that fill it; each has run(tier, seed) -> rows. It imports the whole course, so ask only for a run."""
    from visret_lab.tables.experiments import (
        blcf_comparison, blcf_comparison_expansion, blcf_efficiency, blcf_fine_tuned, blcf_stages, blcf_sum_pooling,
        bow_verification, ch02_color, ch03_edges_gist, ch04_local_features, ch05_bag_of_words, ch06_vlad, ch07_fisher,
        ch09_pca_whitening, ch10_product_quantization, ch11_hashing, ch12_neural_codes, ch13_conv_pooling, ch14_blcf,
        ch15_detector, ch15_saliency_attention_regions, ch16_cleaning, ch17_end_to_end, ch17_hybrid, ch18_deep_local,
        ch19_fusion_label_free, ch20_expansion_diffusion, ch21_last_convolution, ch21_similarity_networks, ch22_video_cuts, ch22_video_local,
        ch22_video_temporal, ch23_video_encoders, ch23_video_shots, ch24_phrases, ch24_two_branch, ch24_wikipedia, ch25_semart,
        ch25_semart_encoders, ch25_semart_human, ch26_semantic, ch27_full_system, ch29_causes, label_free_instre, label_free_oxford,
        late_fusion, saliency_blcf, saliency_sum_pooling, state_of_the_art, timeline,
    )

    return {"handmade": (ch02_color, ch03_edges_gist, ch04_local_features),
            "aggregated": (ch05_bag_of_words, ch06_vlad, ch07_fisher),
            "compact": (ch09_pca_whitening, ch10_product_quantization, ch11_hashing),
            "deep": (ch12_neural_codes, ch13_conv_pooling, ch14_blcf, ch15_saliency_attention_regions),
            "faster-rcnn": (ch15_detector,),
            "blcf-stages": (blcf_stages,), "blcf-sum-pooling": (blcf_sum_pooling,), "blcf-efficiency": (blcf_efficiency,),
            "blcf-comparison": (blcf_comparison,), "blcf-comparison-expansion": (blcf_comparison_expansion,),
            "saliency-sum-pooling": (saliency_sum_pooling,), "saliency-blcf": (saliency_blcf,), "state-of-the-art": (state_of_the_art,),
            "cleaning": (ch16_cleaning,), "end-to-end": (ch17_end_to_end, ch17_hybrid), "deep-local": (ch18_deep_local,),
            "bow-verification": (bow_verification,), "fusion": (ch19_fusion_label_free,), "late-fusion": (late_fusion,),
            "label-free-oxford": (label_free_oxford,), "label-free-instre": (label_free_instre,), "blcf-fine-tuned": (blcf_fine_tuned,),
            "expansion-diffusion": (ch20_expansion_diffusion,), "similarity-networks": (ch21_similarity_networks,),
            "similarity-last-convolution": (ch21_last_convolution,), "video-cuts": (ch22_video_cuts,), "video-local": (ch22_video_local,),
            "video-temporal": (ch22_video_temporal,), "video-encoders": (ch23_video_encoders,), "video-shots": (ch23_video_shots,),
            "wikipedia-articles": (ch24_wikipedia,), "two-branch": (ch24_two_branch,), "phrase-localisation": (ch24_phrases,),
            "semart": (ch25_semart,), "semart-encoders": (ch25_semart_encoders,), "semart-human": (ch25_semart_human,),
            "semantic-retrieval": (ch26_semantic,), "full-system": (ch27_full_system,),
            "causes": (ch29_causes,), "timeline": (timeline,)}


def published():
    """All published rows: dicts {table, row, metric, value, source, remembered}."""
    folder = files("visret_lab.tables") / "published"
    return [row for file in sorted(folder.iterdir(), key=lambda f: f.name) if file.name.endswith(".json")
            for row in json.loads(file.read_text())]


def record(table, tier):
    """The record of a table in a tier, or None where nobody has run it."""
    path = RECORDS / tier / f"{table}.json"
    return json.loads(path.read_text()) if path.is_file() else None


def recorded():
    """Names of the tables that have a record in some tier, in alphabetical order. Nothing is imported for it."""
    return sorted({path.stem for tier in TIERS for path in (RECORDS / tier).glob("*.json")})


def rows():
    """Every row with its published value (None where nothing was published) and ours by tier, or "not run"."""
    found = {}
    for row in published():
        found[row["table"], row["row"], row["metric"]] = {
            "table": row["table"], "row": row["row"], "metric": row["metric"], "published": row["value"],
            "source": row["source"], "ours": dict.fromkeys(TIERS, "not run")}
    for table in recorded():
        for tier in TIERS:
            for row in (record(table, tier) or {"rows": []})["rows"]:
                key = table, row["row"], row["metric"]
                entry = found.setdefault(key, {"table": table, "row": row["row"], "metric": row["metric"], "published": None,
                                               "source": "this course", "ours": dict.fromkeys(TIERS, "not run")})
                entry["ours"][tier] = row["value"]
    return list(found.values())


def measure(table, tier=None, seed=0):
    """Run a table with one thread; return its record (dict), not yet written. ValueError for a table that has no runs yet.

    One thread, whatever the machine has: sums in another order differ in the last digit, and a training makes much of it.
    """
    known = experiments()
    if table not in known:
        raise ValueError(f"There are no runs for the table {table!r}. There are runs for: {', '.join(known)}.")
    tier = current_tier(tier)
    start = time.perf_counter()
    with one_thread():
        found = [row for module in known[table] for row in module.run(tier, seed)]
    tolerance, reason = TOLERANCE[tier]
    return {"table": table, "tier": tier, "seed": seed, "rows": found, "tolerance": tolerance, "tolerance_reason": reason,
               "seconds": round(time.perf_counter() - start, 1), "threads": 1, "python": platform.python_version(),
               "versions": {name: version(name) for name in ("numpy", "opencv-python-headless", "torch", "scikit-learn")}}


@contextlib.contextmanager
def one_thread():
    """One thread for BLAS, OpenMP and torch; what was set before comes back."""
    import torch
    from threadpoolctl import threadpool_limits

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(before)


def reproduce(table, tier=None, seed=0):
    """Run a table and write its record.

    Returns:
        (path, record). The record is complete or absent.

    Raises:
        ValueError: a table that has no runs yet.
    """
    content = measure(table, tier, seed)
    path = RECORDS / content["tier"] / f"{table}.json"
    write_bytes(path, (json.dumps(content, indent=1) + "\n").encode())
    return path, content


def deviations(new, kept):
    """Compare a fresh run with a committed record.

    Args:
        new, kept: records (dicts) of the same table and tier.

    Returns:
        list of sentences: rows that are missing on one side, and values that differ by more than the tolerance that
        the committed record declares. Empty when the table was reproduced. Seconds are not compared: no two machines agree.
    """
    fresh, old = ({(r["row"], r["metric"]): r["value"] for r in record["rows"]} for record in (new, kept))
    said = [f"{', '.join(key)}: only in the {'new run' if key in fresh else 'record'}" for key in fresh.keys() ^ old.keys()]
    for key in fresh.keys() & old.keys():
        if not key[0].startswith("seconds") and not abs(fresh[key] - old[key]) <= kept["tolerance"]:
            said.append(f"{', '.join(key)}: {fresh[key]:.4f}, but the record has {old[key]:.4f} (tolerance {kept['tolerance']})")
    return sorted(said)
