"""Write shapes.npz: 40 x 40 grey images of rings, squares and crosses among stray lines."""

from pathlib import Path

import numpy as np

SIZE, EACH = 40, 400
ROWS, COLUMNS = np.mgrid[:SIZE, :SIZE]
rng = np.random.default_rng(40)


def shape(kind: int) -> np.ndarray:
    """Where one of the shapes is, somewhere, of some size and turned somehow; bool [40, 40]."""
    radius = rng.uniform(5, 9)
    y, x = rng.uniform(radius + 1, SIZE - radius - 2, 2)
    angle = rng.uniform(0, np.pi / 2)
    dy, dx = ROWS - y, COLUMNS - x
    along, across = dx * np.cos(angle) + dy * np.sin(angle), dy * np.cos(angle) - dx * np.sin(angle)
    square = np.maximum(abs(along), abs(across)) * 1.15
    if kind == 2:  # a cross: two bars
        return (np.minimum(abs(along), abs(across)) < 1) & (square < radius)
    distance = np.hypot(dy, dx) if kind == 0 else square
    return abs(distance - radius + 1) < 1


def line() -> np.ndarray:
    """Where a stray line is; bool [40, 40]."""
    angle, offset = rng.uniform(0, np.pi), rng.uniform(-15, 15)
    across = (COLUMNS - SIZE / 2) * np.sin(angle) - (ROWS - SIZE / 2) * np.cos(angle)
    return abs(across - offset) < 0.7


images, labels = [], []
for number in range(3 * EACH):
    image = np.full((SIZE, SIZE), rng.integers(0, 60), np.uint8)
    for _ in range(rng.integers(0, 3)):
        image[line()] = rng.integers(60, 160)
    image[shape(number % 3)] = rng.integers(180, 255)
    images.append(image)
    labels.append(number % 3)
np.savez_compressed(Path(__file__).with_name("shapes.npz"), x=np.array(images), y=np.array(labels))
