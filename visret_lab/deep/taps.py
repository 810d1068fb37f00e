"""A network cut behind some of its parts: it gives their outputs, and computes nothing behind the last of them."""

from copy import deepcopy

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


class Steps:
    """The steps of a network, written down once, so that it can be cut anywhere.

    While it is written down, PyTorch puts its own words into every module of the process: no other thread may run a network then. So this
    is made with the network, and not when the first image comes. `cut` may be called by several threads.

    Args:
        network: nn.Module whose steps do not depend on the values that go through it.
    """

    def __init__(self, network):
        recorder = _Recorder()
        self.network, self._graph = network, recorder.trace(network)
        self._outputs = recorder.outputs

    def __deepcopy__(self, memo):
        return Steps(deepcopy(self.network, memo))

    def cut(self, parts):
        """The same network, ended behind some of its parts. It shares their weights, and several threads may use it at a time.

        Args:
            parts: dict name -> path of a module, as in `network.named_modules()`, e.g. "features.3".

        Returns:
            fx.GraphModule: input -> dict name -> output of that part, in the order of `parts`. It is in the mode (train, eval) that the
            network is in.

        Raises:
            ValueError: the network has no such part, or does not use it.
        """
        known = dict(self.network.named_modules())
        missing = [path for path in parts.values() if path not in known]
        if missing:
            raise ValueError(f"The network has no part {', '.join(map(repr, missing))}.")
        unused = [path for path in parts.values() if path not in self._outputs]
        if unused:
            raise ValueError(f"The network has {', '.join(map(repr, unused))}, but does not use it.")
        graph, copies = fx.Graph(), {}
        graph.graph_copy(self._graph, copies)
        graph.output({name: copies[self._outputs[path]] for name, path in parts.items()})
        made = fx.GraphModule(self.network, graph)
        made.graph.eliminate_dead_code()
        made.recompile()
        return made.train(self.network.training)


def cut(network, parts):
    """`Steps(network).cut(parts)`: a network that is cut once. Shapes and errors as there."""
    return Steps(network).cut(parts)
