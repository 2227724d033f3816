"""The pages of the local app; all that they show comes from ``Results``, ``panels`` and ``bench``.

Streamlit runs :func:`show` from top to bottom for a visitor at every change; what is chosen stands
in the address, and nowhere else.
"""

from .page import ready, show, watched

__all__ = ["ready", "show", "watched"]
