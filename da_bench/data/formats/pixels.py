"""The one way from a picture's file to its pixels: as it is seen, and never by a guess."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

ORIENTATION, BITS, PHOTOMETRIC, SAMPLE_FORMAT = 274, 258, 262, 339
"""Tags of EXIF and TIFF."""
UNSIGNED, SIGNED = 1, 2
TURNS = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}
"""Orientation of EXIF -> PIL's number of what undoes it (``Image.Transpose``)."""


def read_image(path: Path, value_range: Sequence[float] | None = None) -> Any:
    """A PIL image as a person sees it: ``RGB`` or ``L`` of 8 bits; deep grey as ``F`` in 0..1.

    * It is turned as its EXIF orientation says.
    * What is transparent is laid on white, be it by an alpha channel or by one entry of a palette.
    * Palettes, CMYK, YCbCr and black-and-white become colours or shades of 8 bits.
    * Grey of 16 bits is divided by 65535 (of 12 bits, by 4095); floats are taken as they are where
      they lie in 0..1. Nothing is stretched by an image's own minimum and maximum.
    * Colours of 16 bits are read by their upper eight.

    Args:
        path: The file.
        value_range: Values that stand for black and white in grey images of more than 8 bits:
            ``[0, 4095]`` of a 12-bit camera whose files have 16, ``[-1024, 3071]`` of a computed
            tomography. None: as above; whole numbers of 32 bits and other floats, whose range no
            file tells, are then refused.

    Raises:
        ValueError: The file is no image, a broken one, or several (frames, pages); or its values
            lie outside the range.
    """
    with open_image(path) as image:
        image.load()
    return upright_image(image, str(path), value_range)


@contextmanager
def open_image(path: Path) -> Iterator[Any]:
    """A PIL image of which the head alone is read so far.

    Raises:
        ValueError: The file is no image or a broken one, where that shows, or it holds several.
    """
    from PIL import Image

    try:
        with Image.open(path) as image:
            frames = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)
            if frames == 1:  # a camera's MPO: one picture, and views of it
                yield image
    except Exception as error:  # what a damaged image raises has a dozen names
        raise ValueError(
            f"{path} can't be read as an image: {error}. Where other programs open it, save it "
            "from there as PNG, else replace it or leave it out"
        ) from error
    if frames > 1:
        raise ValueError(
            f"{path} holds {frames} pictures (frames or pages), and one sample is one picture: "
            "save those that count as files of their own"
        )


def is_deep(path: Path) -> bool:
    """Whether an image has more than 8 bits, by its head; raises as :func:`opened`."""
    with open_image(path) as image:
        return str(image.mode).startswith(("I", "F"))


def upright_image(image: Any, place: str, value_range: Sequence[float] | None = None) -> Any:
    """The image as :func:`read_image` returns it, of one that PIL has opened.

    Args:
        image: A PIL image of any mode.
        place: What errors call it.
        value_range: Values of black and white in deep grey images.
    """
    from PIL import Image

    if image.mode.startswith(("I", "F")):
        result = Image.fromarray(_deep(image, place, value_range))
    elif image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        result = Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")
    else:
        if _tag(image, SAMPLE_FORMAT, UNSIGNED) == SIGNED:
            raise ValueError(f"{place} holds signed bytes: save it as PNG, or as floats in 0..1")
        result = image.convert("L" if image.mode in ("1", "L") else "RGB")
    transpose = TURNS.get(image.getexif().get(ORIENTATION, 1))
    return result if transpose is None else result.transpose(Image.Transpose(transpose))


def check_range(value_range: Sequence[float] | None) -> None:
    """Raises ValueError unless black and white are two finite numbers that differ."""
    if value_range is None:
        return
    if len(value_range) != 2 or not np.isfinite(value_range).all() or np.ptp(value_range) == 0:
        raise ValueError(
            f"value_range={value_range}: expected the values of black and of white, as [0, 4095]"
        )


def _deep(image: Any, place: str, value_range: Sequence[float] | None) -> np.ndarray:
    """Shades ``(height, width)`` in 0..1 of an image of more than 8 bits."""
    values = np.asarray(image)
    if image.mode == "I" and _tag(image, BITS) == 32 and _tag(image, SAMPLE_FORMAT) == UNSIGNED:
        values = values.view(np.uint32)
    kind, usual = f"{values.dtype.name} values", None
    if image.mode.startswith("I;16") or image.format in ("PNG", "PPM"):
        usual = (0, 2 ** _tag(image, BITS, 16) - 1)
    elif image.mode == "F":
        usual = (0, 1)
    black, white = value_range or usual or (np.nan, np.nan)
    if not np.isfinite(values).all():
        raise ValueError(f"{place} holds NaN or infinity: save it without")
    low, high, span = values.min().item(), values.max().item(), abs(white - black)
    first, last = min(black, white) - 1e-6 * span, max(black, white) + 1e-6 * span  # rounding
    if not first <= low <= high <= last:
        expected = f"{black:g} (black) to {white:g} (white)" if value_range or usual else "no range"
        raise ValueError(
            f"{place} holds {kind} from {low:g} to {high:g}, and {expected} is known of such "
            "images: say value_range: [BLACK, WHITE], the same two values for all images, or save "
            "them with 8 bits"
        )
    shades = ((values.astype(np.float64) - black) / (white - black)).clip(0, 1)
    if _tag(image, PHOTOMETRIC) == 0:  # TIFF's "white is zero", which PIL inverts for 8 bits alone
        shades = 1 - shades
    if isinstance(transparent := image.info.get("transparency"), int):
        shades[values == transparent] = 1
    return shades.astype(np.float32)


def _tag(image: Any, tag: int, otherwise: int = 1) -> int:
    """The (first) value of a TIFF's tag; ``otherwise`` where it has none or is no TIFF."""
    value = getattr(image, "tag_v2", {}).get(tag, otherwise)
    return value[0] if isinstance(value, tuple) else value
