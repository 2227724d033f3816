"""da_bench: domain adaptation, one method a file."""

from typing import Any

__version__ = "0.1.0"


def load(path: Any, **kwargs: Any) -> Any:
    """The trained model of a run, from its folder: :func:`da_bench.methods.stored_run.load`."""
    from da_bench.methods.stored_run import load as read

    return read(path, **kwargs)
