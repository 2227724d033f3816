"""What Streamlit runs for each visitor: the pages over the folder that the command names.

It lies alone, because Streamlit puts its folder first among those that modules are found in.
"""

import sys
from pathlib import Path

from da_bench.dashboard.views import show

show(Path(sys.argv[1]))
