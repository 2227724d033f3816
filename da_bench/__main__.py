"""``python -m da_bench``: the ``da-bench`` command."""

import sys

from .cli.main import main

sys.exit(main())
