"""PACS: seven classes in four styles of picture."""

from typing import Any

from .photos import Photos


class PACS(Photos):
    """Seven classes, 9,991 images: ``photo``, ``art_painting``, ``cartoon`` and ``sketch``.

    Li, Yang, Song and Hospedales, ICCV 2017, whose own use is domain generalisation; here, as in
    work on adaptation, a domain is adapted to another.

    Args:
        source: Name of the labelled domain, or of several.
        target: Name of the target domain, or of several.
        **kwargs: What :class:`Photos` takes.
    """

    benchmark = "pacs"

    def __init__(
        self,
        source: str | list[str] = "photo",
        target: str | list[str] = "art_painting",
        **kwargs: Any,
    ) -> None:
        super().__init__(source, target, **kwargs)
