"""A network cut behind some of its parts: it gives their outputs, and computes nothing behind the last of them."""

from torch import fx


class _Recorder(fx.Tracer):
    """Writes down a network's steps, and which of them is the output of which part."""

    def __init__(self):
        super().__init__()
        self.outputs = {}

    def call_module(self, m, forward, args, kwargs):
        """As `fx.Tracer`; of a part that is called more than once, the first output counts."""
        output = super().call_module(m, forward, args, kwargs)
        self.outputs.setdefault(self.path_of_module(m), output.node)
        return output


def cut(network, parts):
    """The same network, ended behind some of its parts. It shares their weights, and several threads may use it at a time.

    Args:
        network: nn.Module whose steps do not depend on the values that go through it, in the mode (train, eval) that is wanted.
        parts: dict name -> path of a module, as in `network.named_modules()`, e.g. "features.3".

    Returns:
        fx.GraphModule: input -> dict name -> output of that part, in the order of `parts`.

    Raises:
        ValueError: the network has no such part, or does not use it.
    """
    known = dict(network.named_modules())
    missing = [path for path in parts.values() if path not in known]
    if missing:
        raise ValueError(f"The network has no part {', '.join(map(repr, missing))}.")
    recorder = _Recorder()
    graph = recorder.trace(network)
    unused = [path for path in parts.values() if path not in recorder.outputs]
    if unused:
        raise ValueError(f"The network has {', '.join(map(repr, unused))}, but does not use it.")
    graph.erase_node(next(node for node in reversed(graph.nodes) if node.op == "output"))
    graph.output({name: recorder.outputs[path] for name, path in parts.items()})
    made = fx.GraphModule(network, graph)
    made.graph.eliminate_dead_code()
    made.recompile()
    return made.train(network.training)
