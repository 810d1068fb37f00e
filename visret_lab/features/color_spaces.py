"""RGB, HSV and CIE L*a*b*: three ways to put a colour into three numbers.

Sources: A. R. Smith, Color gamut transform pairs, SIGGRAPH 1978 (HSV); IEC 61966-2-1 (sRGB); CIE 15 (L*a*b*).
"""

import numpy as np

from visret_lab.features.images import require_rgb

# Least and greatest value of each channel. For a and b the range holds every colour of sRGB
# (a: -86..98, b: -108..94) and is symmetric, so that grey lies in the middle.
RANGES = {
    "rgb": ((0, 256), (0, 256), (0, 256)),
    "hsv": ((0, 1), (0, 1), (0, 1)),
    "lab": ((0, 100), (-110, 110), (-110, 110)),
}

# Linear sRGB -> CIE XYZ, white point D65 (IEC 61966-2-1). Each row divided by its sum (the white) maps white to 1.
RGB_TO_XYZ = np.array([
    [0.412453, 0.357580, 0.180423],
    [0.212671, 0.715160, 0.072169],
    [0.019334, 0.119193, 0.950227],
])
WHITE_D65 = np.array([0.95047, 1.0, 1.08883])


def convert(image, space):
    """Convert an RGB image to "rgb", "hsv" or "lab".

    Args:
        image: uint8 H x W x 3, RGB.
        space: name of the colour space.

    Returns:
        float32 H x W x 3. rgb: 0..255. hsv: hue in [0, 1) turns, saturation and value in [0, 1].
        lab: L in [0, 100], a and b within -110..110.

    Raises:
        ValueError: unknown space, or an image of another form.
    """
    if space == "rgb":
        return require_rgb(image).astype(np.float32)
    if space == "hsv":
        return rgb_to_hsv(image)
    if space == "lab":
        return rgb_to_lab(image)
    raise ValueError(f"Unknown colour space {space!r}. Known: rgb, hsv, lab.")


def rgb_to_hsv(image):
    """Hue, saturation, value of an image: uint8 H x W x 3 -> float32 H x W x 3 in [0, 1].

    With max and min over the three channels and c = max - min:
    V = max, S = c / max, and H is where the colour stands on the circle red - green - blue, in turns.
    Grey has no hue; it gets 0, as red does. Its saturation of 0 tells the two apart.
    """
    rgb = require_rgb(image).astype(np.float32) / 255
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    value = np.maximum(np.maximum(red, green), blue)
    chroma = value - np.minimum(np.minimum(red, green), blue)
    scale = 1 / np.where(chroma > 0, chroma, 1)
    hue = np.where(value == red, (green - blue) * scale,
                   np.where(value == green, 2 + (blue - red) * scale, 4 + (red - green) * scale)) / 6
    hue[hue < 0] += 1
    saturation = chroma / np.where(value > 0, value, 1)
    return np.stack([hue, saturation, value], axis=-1).astype(np.float32, copy=False)


def rgb_to_lab(image):
    """CIE L*a*b* of an sRGB image: uint8 H x W x 3 -> float32 H x W x 3.

    1. undo the gamma curve of sRGB; 2. XYZ by a 3 x 3 matrix; 3. divide by the white point D65;
    4. f(t) = cube root of t, or 7.787 t + 16/116 where t <= 0.008856;
    5. L = 116 f(Y) - 16, a = 500 (f(X) - f(Y)), b = 200 (f(Y) - f(Z)).
    In this space a Euclidean distance of about 2 is a difference that one can just see.
    """
    levels = np.arange(256) / 255
    linear = np.where(levels > 0.04045, ((levels + 0.055) / 1.055) ** 2.4, levels / 12.92).astype(np.float32)
    matrix = (RGB_TO_XYZ / WHITE_D65[:, None]).astype(np.float32)
    xyz = linear[require_rgb(image)] @ matrix.T
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + np.float32(16 / 116))
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1).astype(np.float32, copy=False)
