"""A match graph drawn with its pictures: each component by itself, connected pictures near each other, single pictures below."""

import cv2
import networkx as nx
import numpy as np
from matplotlib.offsetbox import AnnotationBbox, OffsetImage

from visret_lab.teaching.figures import BLUE, GREY

ORANGE = "#d98218"


def layout(weights, seed=0, columns=16):
    """Where each picture of a match graph is drawn.

    Args:
        weights: scipy.sparse N x N, symmetric. seed: of the springs. columns: single pictures a row.

    Returns:
        float64 N x 2. Components stand side by side, the largest first; each takes room as its number of pictures asks for.
    """
    graph = nx.Graph()
    graph.add_nodes_from(range(weights.shape[0]))
    graph.add_weighted_edges_from((u, v, np.sqrt(w)) for u, v, w in nx.from_scipy_sparse_array(weights).edges(data="weight"))
    parts = sorted(nx.connected_components(graph), key=lambda p: (-len(p), min(p)))
    at, edge, single = np.zeros((weights.shape[0], 2)), 0.0, []
    for part in parts:
        nodes = sorted(part)
        if len(nodes) == 1:
            single += nodes
            continue
        springs = nx.spring_layout(graph.subgraph(nodes), k=2.5 / np.sqrt(len(nodes)), seed=seed, iterations=150)
        x = np.array([springs[n] for n in nodes])
        x = (x - x.min(0)) / np.maximum(np.ptp(x, axis=0), 1e-9) * np.array([1.5, 1.0]) * np.sqrt(len(nodes))
        at[nodes] = x - [0, x[:, 1].max()] + [edge, 0]
        edge += x[:, 0].max() + 1.5
    low = at[:, 1].min() - 1.5
    for n, node in enumerate(single):
        at[node] = n % columns * 0.8, low - n // columns * 0.8
    return at


def draw_graph(axis, weights, images, right, size=44, seed=0):
    """Draw a match graph.

    Args:
        axis: matplotlib axis. weights: scipy.sparse N x N, symmetric; the more, the thicker the edge. images: list of N uint8 H x W x 3.
        right: bool N: a blue frame, else an orange, dashed one. size: width of a thumbnail in pixels. seed: of the layout.

    Raises:
        ValueError: not as many images as nodes.
    """
    if not weights.shape[0] == len(images) == len(right):
        raise ValueError(f"{weights.shape[0]} nodes, {len(images)} images and {len(right)} colours do not belong together.")
    at = layout(weights, seed)
    for u, v, w in nx.from_scipy_sparse_array(weights).edges(data="weight"):
        axis.plot(*at[[u, v]].T, color=GREY, lw=0.4 + 0.08 * min(w, 40), alpha=0.6, zorder=1)
    for place, image, good in zip(at, images, right, strict=True):
        tiny = cv2.resize(image, (size, round(size * image.shape[0] / image.shape[1])), interpolation=cv2.INTER_AREA)
        frame = {"edgecolor": BLUE if good else ORANGE, "lw": 2, "linestyle": "-" if good else "--"}
        axis.add_artist(AnnotationBbox(OffsetImage(tiny, zoom=0.6), place, pad=0.1, bboxprops=frame, zorder=2))
    low, high = at.min(0), at.max(0)
    axis.set(xlim=(low[0] - 0.7, high[0] + 0.7), ylim=(low[1] - 0.7, high[1] + 0.7))
    axis.axis("off")
