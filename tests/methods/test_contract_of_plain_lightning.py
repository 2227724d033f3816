"""Every method with lightning_shortcuts off: the same contract, by Lightning's own steps.

The tests are those of ``test_contract.py``, each once more, without the variants that are slow
there. All are slow here, so that the quick suite is no longer for them:
``pytest -m slow tests/methods/test_contract_of_plain_lightning.py``.
"""

import pytest

from da_bench import methods
from tests.methods.test_contract import *  # noqa: F403 - pytest collects them here again

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _plain_lightning(monkeypatch, request):
    if len(list(request.node.iter_markers("slow"))) > 1:
        pytest.skip("slow with the shortcuts on, too")
    monkeypatch.setattr(methods.DomainAdapter, "lightning_shortcuts", False)
