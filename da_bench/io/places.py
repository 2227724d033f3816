"""Where the user's own copies of published files are looked for."""

import os
from pathlib import Path


def places(path: str) -> list[Path]:
    """Where a file may lie: below ``$DA_BENCH_DATA``, then in the download cache."""
    import pooch

    folders = [os.environ.get("DA_BENCH_DATA"), pooch.os_cache("da_bench")]
    return [Path(folder) / path for folder in folders if folder]
