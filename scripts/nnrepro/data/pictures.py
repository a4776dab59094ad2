"""Image files as bytes: one size, grey or in colour, and never more than fits into memory."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np

from nnrepro.data.errors import DataError
from nnrepro.files import FileError, open_regular

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif")

_FORMATS = ("PNG", "JPEG", "BMP", "GIF")
_MOST_PIXELS = 2**25
_GREY = {"1", "L", "LA", "I", "I;16", "F"}


def read(path: Path) -> np.ndarray:
    """The pixels of an image file, uint8 [height, width, channels]: one of grey, three of colour.

    What is transparent is left as it is painted; of several frames the first is read. Raises
    DataError where it is no image of a known form, damaged, or larger than any that is read.
    """
    import PIL.Image  # noqa: PLC0415  not for every start of the workflow
    import PIL.ImageOps  # noqa: PLC0415

    try:
        with open_regular(path) as file, PIL.Image.open(file, formats=_FORMATS) as image:
            width, height = image.size
            if width * height > _MOST_PIXELS:
                raise DataError(f"{path}: {width} x {height} pixels; scale it down before.")
            grey = image.mode in _GREY
            if image.mode in ("I", "I;16", "F"):
                raise DataError(f"{path}: has more than 8 bits per pixel; save it with 8.")
            upright = PIL.ImageOps.exif_transpose(image)
            pixels = np.asarray(upright.convert("L" if grey else "RGB"))
    except PIL.UnidentifiedImageError as error:
        raise DataError(
            f"{path} is no readable image: its content is not {' or '.join(_FORMATS)}."
        ) from error
    except FileNotFoundError as error:
        raise DataError(f"{path} does not exist.") from error
    except FileError as error:
        raise DataError(f"{error}.") from error
    except (OSError, ValueError, SyntaxError, PIL.Image.DecompressionBombError) as error:
        what = " ".join(str(error).split())[:120]
        raise DataError(f"{path} is no readable image: {what}.") from error
    return pixels[..., None] if pixels.ndim == 2 else pixels


def resized(pixels: np.ndarray, size: tuple[int, int], channels: int) -> np.ndarray:
    """An image in a size (height, width) and a number of channels, uint8 [height, width, channels].

    Scaling is bilinear; grey is the luma of ITU-R BT.601.
    """
    import PIL.Image  # noqa: PLC0415  not for every start of the workflow

    if pixels.shape == (*size, channels):
        return pixels
    image = PIL.Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
    image = image.convert("L" if channels == 1 else "RGB")
    if image.size != size[::-1]:
        image = image.resize(size[::-1], PIL.Image.Resampling.BILINEAR)
    return np.asarray(image).reshape(*size, channels)


def rows(images: Sequence[np.ndarray], size: tuple[int, int], channels: int) -> np.ndarray:
    """Images as rows of planes, uint8 [n, channels * height * width]: the kind `image`."""
    planes = [resized(image, size, channels).transpose(2, 0, 1).reshape(-1) for image in images]
    return np.array(planes, np.uint8).reshape(len(planes), channels * size[0] * size[1])


def through_jpeg(rows: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """Images of three colours as they come out of JPEG: quality 75, half the colour resolution.

    Args:
        rows: uint8 [n, channels * height * width], planes one after another.
        shape: channels, height and width of an image.

    Returns:
        The same images, encoded (ITU-T T.81, the tables of its annex K) and decoded; the same bytes
        for the same version of Pillow.
    """
    import PIL.Image  # noqa: PLC0415  not for every start of the workflow

    found = np.empty_like(rows)
    for index, row in enumerate(rows):
        encoded = BytesIO()
        planes = np.ascontiguousarray(row.reshape(*shape).transpose(1, 2, 0))
        PIL.Image.fromarray(planes).save(encoded, "JPEG", quality=75, subsampling="4:2:0")
        with PIL.Image.open(encoded, formats=["JPEG"]) as image:
            found[index] = np.asarray(image.convert("RGB")).transpose(2, 0, 1).reshape(-1)
    return found
