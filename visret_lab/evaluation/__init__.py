"""How good is a ranking? Average precision in two definitions, protocols with junk, recall, NDCG, and uncertainty."""

from visret_lab.evaluation.average_precision import average_precision
from visret_lab.evaluation.ndcg import ndcg
from visret_lab.evaluation.neighbours import neighbour_recall
from visret_lab.evaluation.protocols import ground_truth, precision_at_k, ukbench_score
from visret_lab.evaluation.ranks import positive_ranks
from visret_lab.evaluation.recall import hit_rate, median_rank, recall_at_k
from visret_lab.evaluation.recalled import recalled
from visret_lab.evaluation.result import Result, cumulative_table, evaluate
from visret_lab.evaluation.uncertainty import bootstrap_interval, paired_permutation_test

__all__ = ["Result", "average_precision", "bootstrap_interval", "cumulative_table", "evaluate", "ground_truth", "hit_rate",
           "median_rank", "ndcg", "neighbour_recall", "paired_permutation_test", "positive_ranks", "precision_at_k", "recall_at_k",
           "recalled", "ukbench_score"]
