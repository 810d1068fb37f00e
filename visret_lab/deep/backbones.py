"""Networks behind one face: an image goes in, the maps of a named layer come out.

MiniVGG comes with the package. SqueezeNet and MobileNetV2 come from small public files that are decoded here; AlexNet, VGG16, ResNet
and others from torchvision's own hub. A layer's maps are taken behind its ReLU; the blocks of MobileNetV2 end without one, so only its
last layer has no negative values.

torchvision is imported where it is used: to import it takes longer than torch itself, and MiniVGG does without.
"""

import hashlib
import os
from pathlib import Path

import numpy as np
import torch
from torch import nn

from visret_lab.datasets.download import fetch
from visret_lab.datasets.registry import entry
from visret_lab.deep import minivgg as mini
from visret_lab.deep.deep_compression import decode
from visret_lab.deep.minivgg import MiniVGG, vgg_layers
from visret_lab.deep.shipped import WEIGHTS, load_into, read_weights
from visret_lab.deep.taps import Steps
from visret_lab.deep.tflite import read_layers
from visret_lab.features.images import require_rgb

IMAGENET = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)  # torchvision's mean and deviation, for values from 0 to 255


class Backbone(nn.Module):
    """A network that gives the maps of its layers, with the preparation of images that it was trained with.

    Args:
        name: of the network, for caches and tables.
        network: a torch module for float32 B x 3 x H x W.
        layers: dict name of a layer -> path of the module that gives its maps, e.g. "features.3".
        mean, deviation: of each channel, for values from 0 to 255; (x - mean) / deviation goes in.
        bgr: whether the network takes blue first; mean and deviation then are in this order, too.
    """

    def __init__(self, name, network, layers, mean, deviation, bgr=False):
        super().__init__()
        self.name, self.layers, self.bgr = name, dict(layers), bgr
        # channels last: the convolutions of a CPU take half the time
        self.network = network.eval().requires_grad_(False).to(memory_format=torch.channels_last)
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32).reshape(3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor(deviation, dtype=torch.float32).reshape(3, 1, 1), persistent=False)
        self._steps, self._cut = Steps(self.network), {}

    def prepare(self, image):
        """uint8 H x W x 3, RGB -> float32 1 x 3 x H x W. No resizing: any size goes in.

        Raises:
            ValueError: another type or shape.
        """
        image = require_rgb(image)
        x = torch.from_numpy(np.ascontiguousarray(image[:, :, ::-1] if self.bgr else image)).to(self.mean.device)
        return ((x.permute(2, 0, 1).float() - self.mean) / self.deviation)[None]

    def forward(self, x, layer):
        """Maps of a layer: float32 B x 3 x H x W -> B x C x h x w.

        Raises:
            ValueError: a layer that this network does not have, or images that are too small for it.
        """
        return self.several(x, (layer,))[layer]

    def several(self, x, layers):
        """Maps of several layers in one pass: float32 B x 3 x H x W -> dict layer -> B x C x h x w. Errors as `forward`."""
        layers = tuple(layers)
        for layer in layers:
            self.require_layer(layer)
        if layers not in self._cut:
            self._cut[layers] = self._steps.cut({layer: self.layers[layer] for layer in layers})
        try:
            return self._cut[layers](x)
        except RuntimeError as error:
            if "too small" in str(error) or "Kernel size" in str(error):
                raise ValueError(f"Images of {x.shape[3]} x {x.shape[2]} are too small for {', '.join(layers)} of {self.name}: no position "
                                 "would be left. Enlarge them, or take an earlier layer.") from error
            raise

    def require_layer(self, layer):
        """ValueError for a layer that this network does not have."""
        if layer not in self.layers:
            raise ValueError(f"{self.name} has no layer {layer!r}. It has: {', '.join(self.layers)}.")

    @torch.inference_mode()
    def maps(self, image, layer):
        """Maps of one image: uint8 H x W x 3 -> float32 1 x C x h x w. Errors as `prepare` and `forward`."""
        return self(self.prepare(image), layer)

    @torch.inference_mode()
    def classify(self, image):
        """Scores of the classes that the network was trained for: uint8 H x W x 3 -> float32 classes."""
        return self.network(self.prepare(image))[0]

    def fingerprint(self):
        """16 hexadecimal digits that change when a weight or the preparation does, for caches."""
        digest = hashlib.sha256(repr((self.name, self.bgr, self.mean.tolist(), self.deviation.tolist())).encode())
        for key, value in sorted(self.network.state_dict().items()):
            digest.update(key.encode() + value.detach().cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()[:16]


def minivgg(path=WEIGHTS / "minivgg.safetensors", script="pretrain_minivgg.py"):
    """MiniVGG, trained to tell 48 categories of painted buildings apart (`data_scripts/pretrain_minivgg.py`).

    Args:
        path: of its weights; the package has its own. script: that makes them, for errors.

    Raises:
        FileNotFoundError: no such file. ValueError: the file is damaged, or holds another network. Both say how to make it again.
    """
    weights = read_weights(path, "MiniVGG", script)
    network = MiniVGG(len(weights.get("classifier.6.bias", "1")))  # of other weights `load_into` tells
    return Backbone(Path(path).stem, load_into(network, path, "MiniVGG", script, weights), mini.layers(), mini.MEAN, mini.DEVIATION)


def squeezenet():
    """SqueezeNet 1.0, trained on ImageNet, from its deep-compressed file of 676 KB (Iandola et al., 2016; Han et al., ICLR 2016)."""
    from torchvision import models

    network = models.squeezenet1_0(weights=None)
    weights = [p for name, p in network.named_parameters() if name.endswith("weight")]
    biases = [p for name, p in network.named_parameters() if name.endswith("bias")]
    layers = decode(_file("squeezenet").read_bytes(), [tuple(w.shape) for w in weights])
    with torch.no_grad():
        for weight, bias, (w, b) in zip(weights, biases, layers, strict=True):
            weight.copy_(torch.from_numpy(w))
            bias.copy_(torch.from_numpy(b))
    names = {"conv1": "features.1"} | {f"fire{i}": f"features.{j}" for i, j in zip(range(2, 10), (3, 4, 5, 7, 8, 9, 10, 12), strict=True)}
    return Backbone("squeezenet1_0", network, names | {"conv10": "classifier.2"}, (104.0, 117.0, 123.0), (1.0, 1.0, 1.0), bgr=True)


def mobilenet():
    """MobileNetV2, trained on ImageNet, from its published 8-bit file (Sandler et al., CVPR 2018).

    The original pads at the right and the bottom first, torchvision on both sides: they agree where both sides are 32 k + 1
    (225, 321 ...). Elsewhere the maps differ a little. The file's batch normalisation is folded into its weights.
    """
    from torchvision import models

    network = models.mobilenet_v2(weights=None)
    layers = read_layers(_file("mobilenet").read_bytes())
    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
    norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
    with torch.no_grad():
        for convolution, norm, layer in zip(convolutions, norms, layers[:-1], strict=True):
            convolution.weight.copy_(torch.from_numpy(layer.weight))
            norm.weight.fill_((1 + norm.eps) ** 0.5)  # so that the variance 1 + eps divides it out
            norm.bias.copy_(torch.from_numpy(layer.bias))
        last = network.classifier[1]
        last.weight.copy_(torch.from_numpy(layers[-1].weight[1:, :, 0, 0]))  # the file's class 0 is "background"
        last.bias.copy_(torch.from_numpy(layers[-1].bias[1:]))
    names = {f"block{i}": f"features.{i}" for i in range(1, 18)} | {"conv_last": "features.18"}
    return Backbone("mobilenet_v2", network, names, (128.0,) * 3, (128.0,) * 3)


def from_torchvision(name):
    """A network of torchvision with its default ImageNet weights, from torchvision's own hub, which checks their hash.

    Args:
        name: "alexnet", "vgg16", "resnet50", "resnet101" or "mobilenet_v2".

    Where VISRET_MIRROR names a folder, a file of the hub's name is taken from there; its hash is checked as well.

    Raises:
        ValueError: another name. OSError: no file, and no network.
    """
    if name not in LAYERS:
        raise ValueError(f"There is no backbone {name!r}. There are: {', '.join(LAYERS)}, and squeezenet() and mobilenet().")
    from torchvision import models

    weights = models.get_model_weights(name).DEFAULT
    network = models.get_model(name, weights=None)
    network.load_state_dict(_from_mirror(weights.url) or weights.get_state_dict(progress=True, check_hash=True))
    return Backbone(name, network, LAYERS[name], *IMAGENET)


LAYERS = {
    "alexnet": {f"conv{i}": f"features.{j}" for i, j in zip(range(1, 6), (1, 4, 7, 9, 11), strict=True)}
    | {"pool5": "features.12", "fc6": "classifier.2", "fc7": "classifier.5"},
    "vgg16": vgg_layers((2, 2, 3, 3, 3)) | {"fc6": "classifier.1", "fc7": "classifier.4"},
    "resnet50": {f"conv{i + 1}": f"layer{i}" for i in range(1, 5)},
    "resnet101": {f"conv{i + 1}": f"layer{i}" for i in range(1, 5)},
    "mobilenet_v2": {f"block{i}": f"features.{i}" for i in range(1, 18)} | {"conv_last": "features.18"},
}


def _file(name):
    return fetch(entry(name).files[0])


def _from_mirror(url):
    """The weights of a hub address from the mirror's folder, or None where it has no such file. ValueError: a wrong hash."""
    folder = os.environ.get("VISRET_MIRROR", "")
    path = Path(folder) / url.rsplit("/", 1)[1]
    if not folder or not path.is_file():
        return None
    wanted = path.stem.rsplit("-", 1)[1]
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if not found.startswith(wanted):
        raise ValueError(f"{path} is damaged, or another file: its SHA-256 begins with {found[: len(wanted)]}, not {wanted}. Copy it "
                         "again.")
    return torch.load(path, weights_only=True, map_location="cpu")
