"""The pages of the local app; all that they show comes from ``results`` and the panels.

Streamlit runs :func:`show` from top to bottom for a visitor at every change. Every choice of a
visitor stands in the address, and nowhere else.
"""

from .page import prepare, reader_of, show

__all__ = ["prepare", "reader_of", "show"]
