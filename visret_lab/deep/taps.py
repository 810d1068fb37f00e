"""Outputs of parts of a network: taken by hooks as the picture passes, and nothing behind the last of them is computed."""


class _Enough(Exception):
    """Ends a pass when every output has been taken."""


def outputs_of(network, x, parts):
    """Outputs of named parts in one pass. The hooks hang on the network during the pass only, so one thread at a time may use it.

    Args:
        network: nn.Module. x: its input. parts: dict name -> path of a module, as in `network.named_modules()`, e.g. "features.3".

    Returns:
        dict name -> what the module returned, in the order of `parts`. Gradients flow through it. Of a module that is called more than
        once, the first output.

    Raises:
        ValueError: the network has no such part, or the pass ended without coming by it.
    """
    modules = dict(network.named_modules())
    missing = [path for path in parts.values() if path not in modules]
    if missing:
        raise ValueError(f"The network has no part {', '.join(map(repr, missing))}.")
    paths, taken, hooks = set(parts.values()), {}, []

    def take(path, output):
        taken.setdefault(path, output)
        if len(taken) == len(paths):
            raise _Enough

    try:
        for path in paths:
            hooks.append(modules[path].register_forward_hook(lambda _module, _inputs, output, path=path: take(path, output)))
        network(x)
    except _Enough:
        pass
    finally:
        for hook in hooks:
            hook.remove()
    passed_by = [path for path in paths if path not in taken]
    if passed_by:
        raise ValueError(f"The network has {', '.join(map(repr, passed_by))}, but does not use it.")
    return {name: taken[path] for name, path in parts.items()}
