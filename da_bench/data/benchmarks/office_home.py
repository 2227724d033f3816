"""Office-Home: things of office and home in four styles of picture."""

from typing import Any

from .photos import Photos


class OfficeHome(Photos):
    """65 classes, 15,588 images: ``Art``, ``Clipart``, ``Product`` and ``Real_World``.

    Venkateswara, Eusebio, Chakraborty and Panchanathan, CVPR 2017.

    Args:
        source: Name of the labelled domain, or of several.
        target: Name of the target domain, or of several.
        **kwargs: What :class:`Photos` takes.
    """

    benchmark = "office_home"

    def __init__(
        self, source: str | list[str] = "Art", target: str | list[str] = "Clipart", **kwargs: Any
    ) -> None:
        super().__init__(source, target, **kwargs)
