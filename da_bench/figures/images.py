"""Small pictures as traces of a figure."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def pictures(images: ArrayLike) -> NDArray[np.float64]:
    """Images as ``(n, height, width)`` in shades of grey, or ``(n, height, width, 3)``, in [0, 1].

    Args:
        images: ``(n, height, width)``, ``(n, channels, height, width)`` with 1 or 3 channels, or
            ``(n, side * side)``; in any range, which is stretched to the shades there are.

    Raises:
        ValueError: Another shape.
    """
    shades = np.asarray(images, dtype=np.float64)
    if shades.ndim == 2:
        side = int(np.sqrt(shades.shape[1]))
        if side * side != shades.shape[1] or side < 2:
            raise ValueError(f"rows of {shades.shape[1]} values are no square images")
        shades = shades.reshape(len(shades), side, side)
    if shades.ndim == 4 and shades.shape[1] in (1, 3):
        shades = shades[:, 0] if shades.shape[1] == 1 else shades.transpose(0, 2, 3, 1)
    if shades.ndim not in (3, 4) or (shades.ndim == 4 and shades.shape[3] != 3):
        raise ValueError(
            f"images have shape {shades.shape}: expected (n, h, w), (n, 1 or 3, h, w) or (n, h * h)"
        )
    low, high = (shades.min(), shades.max()) if shades.size else (0.0, 1.0)
    return (shades - low) / (high - low or 1.0)


def picture(image: NDArray[np.float64]) -> dict[str, Any]:
    """One of them as a trace."""
    if image.ndim == 3:
        return {"type": "image", "z": (255 * image).round().astype(np.uint8), "hoverinfo": "skip"}
    return {
        "type": "heatmap",
        "z": image,
        "colorscale": "gray",
        "zmin": 0,
        "zmax": 1,
        "showscale": False,
        "hoverinfo": "skip",
    }


def bare(figure: "Figure") -> "Figure":
    """Takes the axes from a figure whose panels are all pictures, and keeps the pixels square."""
    for x, y in zip(figure.select_xaxes(), figure.select_yaxes(), strict=True):
        x.update(visible=False, constrain="domain")
        y.update(visible=False, constrain="domain", autorange="reversed",
                 scaleanchor=x.plotly_name.replace("axis", ""))  # fmt: skip
    return figure
