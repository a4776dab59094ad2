"""Generated images: coloured shapes on textured, noisy ground.

Ten classes are pairs of a shape and a colour. Each shape has two of the colours and each colour two
of the shapes, so that a model which sees only one of them is right half the time at best.
"""

import numpy as np

SIDE = 32
_COLOURS = {
    "red": (225, 45, 40),
    "green": (40, 185, 60),
    "blue": (45, 80, 230),
    "yellow": (235, 215, 40),
    "violet": (180, 50, 210),
}
_SHAPES = ("disc", "square", "triangle", "cross", "ring")
_PAIRS = [(shape, (shape + step) % 5) for shape in range(5) for step in (0, 1)]
CLASSES = [f"{list(_COLOURS)[colour]} {_SHAPES[shape]}" for shape, colour in _PAIRS]


def make_images(count: int, random: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    """Make images, the classes in equal numbers as far as possible, in random order.

    Only additions, multiplications and divisions of uniform numbers are used, so that the result
    depends on no machine's mathematical library. Gives uint8 [count, 3072], planes one after
    another, and labels int64 [count].
    """
    labels = random.permutation(np.arange(count) % len(CLASSES))
    images = np.empty((count, 3, SIDE, SIDE), dtype=np.uint8)
    for index, label in enumerate(labels):
        shape, colour = _PAIRS[label]
        images[index] = _image(shape, colour, random)
    return images.reshape(count, -1), labels


def _image(shape: int, colour: int, random: np.random.RandomState) -> np.ndarray:
    """One image, uint8 [3, 32, 32]."""
    ground = _texture(random)
    paint = np.array(list(_COLOURS.values())[colour], dtype=np.float64)
    paint = paint + random.uniform(-45, 45, 3)
    radius = random.uniform(9, 15)
    centre = random.uniform(radius - 2, SIDE - radius + 2, 2)
    mask = _mask(_SHAPES[shape], centre, radius)
    opacity = random.uniform(0.8, 1.0)
    picture = np.where(mask, opacity * paint[:, None, None] + (1 - opacity) * ground, ground)
    picture = picture * random.uniform(0.75, 1.2) + random.uniform(-40, 40, picture.shape)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def _texture(random: np.random.RandomState) -> np.ndarray:
    """A ground of large soft patches in muted colours, float [3, 32, 32]."""
    coarse = random.uniform(10, 90, 3)[:, None, None] + random.uniform(-30, 30, (3, 5, 5))
    position = np.arange(SIDE) / 8
    low = np.minimum(position.astype(int), 3)
    part = position - low
    rows = coarse[:, low, :] * (1 - part)[:, None] + coarse[:, low + 1, :] * part[:, None]
    return rows[:, :, low] * (1 - part) + rows[:, :, low + 1] * part


def _mask(shape: str, centre: np.ndarray, radius: float) -> np.ndarray:
    """Where the shape covers the image, bool [32, 32]."""
    down = np.arange(SIDE)[:, None] - centre[0]
    right = np.arange(SIDE)[None, :] - centre[1]
    distance = (down * down + right * right) / (radius * radius)
    longer = np.maximum(np.abs(down), np.abs(right)) / radius
    shorter = np.minimum(np.abs(down), np.abs(right)) / radius
    if shape == "disc":
        return distance <= 1
    if shape == "square":
        return longer <= 0.85
    if shape == "triangle":
        return (down <= 0.8 * radius) & (down >= 2 * np.abs(right) - radius)
    if shape == "cross":
        return (shorter <= 0.28) & (longer <= 1)
    return (distance <= 1) & (distance >= 0.4)
