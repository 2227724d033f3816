"""Script that Streamlit runs for each visitor, with the folder of results as its argument.

It has a folder of its own, because Streamlit puts that folder first in the module search path.
"""

import sys
from pathlib import Path

from da_bench.dashboard.views import show

show(Path(sys.argv[1]))
