"""Set torch's chance before a step, at little cost."""

import torch


def seed_torch(seed):
    """The same draws as behind `torch.manual_seed(seed)`.

    That function also leaves a note for a graphics card that may be asked for later, with the whole stack of calls in it: where there is
    no card, that takes longer than a small step of training.
    """
    torch.default_generator.manual_seed(seed)
    if torch.cuda.is_available():
        torch.cuda.manual_seed_all(seed)
