"""``python -m da_bench``: the ``da-bench`` command."""

import sys

from da_bench.cli import main

sys.exit(main())
