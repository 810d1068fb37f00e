"""Tables: the published rows as data, the runs that stand beside them, and their records."""

import contextlib
import json
import platform
import re
import time
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from visret_lab.datasets.load import current_tier
from visret_lab.files import write_bytes

RECORDS = Path(__file__).parent / "records"
TIERS = ("mini", "campus", "full")
TOLERANCE = {
    "mini": (0.005, "same seed, thread count and processor; on another processor: the interval of the record, as sums in another order "
                    "end in other digits, and what is learnt makes much of them"),
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
        ch19_fusion_label_free, ch20_expansion_diffusion, ch21_last_convolution, ch21_similarity_networks, ch22_video_cuts,
        ch22_video_local, ch22_video_temporal, ch23_video_encoders, ch23_video_shots, ch24_phrases, ch24_two_branch,
        ch24_wikipedia, ch25_semart, ch25_semart_encoders, ch25_semart_human, ch26_semantic, ch27_full_system, ch29_causes,
        label_free_instre, label_free_oxford,
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
               "seconds": round(time.perf_counter() - start, 1), "threads": 1, "processor": processor(),
               "python": platform.python_version(),
               "versions": {name: version(name) for name in ("numpy", "opencv-python-headless", "torch", "scikit-learn")}}


def processor():
    """What computes here, as far as it decides about last digits: "maker family.model, kernels of OpenBLAS, instructions of torch"."""
    import torch
    from threadpoolctl import threadpool_info

    kernels = sorted({pool["architecture"] for pool in threadpool_info() if pool.get("architecture")})
    return f"{_maker()}, OpenBLAS {'/'.join(kernels)}, torch {torch.backends.cpu.get_cpu_capability()}"


def _maker():
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split("\n\n")[0]
    except OSError:  # not Linux
        return platform.processor() or platform.machine()
    first = dict(re.split(r"\s*:\s*", line, maxsplit=1) for line in told.splitlines() if ":" in line)
    known = [first.get(key, "") for key in ("vendor_id", "cpu family", "model")]
    return f"{known[0]} {known[1]}.{known[2]}" if all(known) else platform.machine()


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

    On the processor of the record a value may differ by the tolerance that it declares; on another one, or where that is not known, as
    `bounds` says.

    Args:
        new, kept: records (dicts) of the same table and tier.

    Returns:
        list of sentences: rows that are missing on one side, and values that differ by more. Empty when the table was reproduced. Seconds
        are not compared: no two machines agree.
    """
    fresh, old = ({(r["row"], r["metric"]): r for r in record["rows"]} for record in (new, kept))
    said = [f"{', '.join(key)}: only in the {'new run' if key in fresh else 'record'}" for key in fresh.keys() ^ old.keys()]
    same = kept.get("processor") is not None and new.get("processor") == kept["processor"]
    for key in fresh.keys() & old.keys():
        value, (low, high) = fresh[key]["value"], bounds(old[key], kept["tolerance"], same)
        if not key[0].startswith("seconds") and not low <= value <= high:
            allowed = f"tolerance {kept['tolerance']}" if same else f"on another processor {low:.4f} to {high:.4f}"
            said.append(f"{', '.join(key)}: {value:.4f}, but the record has {old[key]['value']:.4f} ({allowed})")
    return sorted(said)


def bounds(row, tolerance, same):
    """Between what the value of a row must lie when it is measured again: (low, high).

    Args:
        row: of a record. tolerance: that it declares. same: whether it is the same processor. On another one it is the row's 95 % interval
            and the tolerance, but at least one query, since an interval of 30 right answers is [1, 1]; without an interval, the tolerance
            as a share of the value where that is larger than 1.
    """
    value, low, high, queries = (row.get(name) for name in ("value", "low", "high", "queries"))
    if same:
        return value - tolerance, value + tolerance
    if low is None or high is None:
        return value - tolerance * max(1, abs(value)), value + tolerance * max(1, abs(value))
    least = max(tolerance, 1 / queries if queries else 0)
    return low - least, high + least
