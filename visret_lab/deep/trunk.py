"""MiniVGG's convolutions alone, as the trunk of networks that are trained for something else than naming."""

from torch import nn

from visret_lab.deep.minivgg import WIDTHS, MiniVGG


class Trunk(nn.Module):
    """conv1_1 to conv5_2: float32 B x 3 x H x W -> B x 160 x H/16 x W/16. Random weights; `deep.end_to_end` puts MiniVGG's in."""

    out_channels = WIDTHS[-1][-1]

    def __init__(self):
        super().__init__()
        self.features = MiniVGG(1).features[:-1]

    def forward(self, x):
        """See the class."""
        return self.features(x)
