"""The figure of the bound's terms shows each row and marks oracles."""

import pytest

from da_bench.figures import bound_ledger

pytest.importorskip("matplotlib")

ROWS = [
    {"epoch": e, "bound/source_error": 0.1, "bound/half_divergence": 0.5 - 0.1 * e,
     "bound/visible": 0.6 - 0.1 * e, "oracle/joint_error": 0.2, "val/source": 0.9}
    for e in range(3)
]  # fmt: skip


def test_terms_beside_scores():
    left, right = bound_ledger(ROWS, title="dann").axes
    lines = {line.get_label(): line for line in left.lines}
    assert list(lines["half the divergence"].get_ydata()) == pytest.approx([0.5, 0.4, 0.3])
    assert lines["joint error (oracle)"].get_linestyle() == "--"
    assert [line.get_label() for line in right.lines] == ["source, validation"]


def test_terms_that_are_missing_are_not_drawn():
    rows = [{"epoch": 0, "bound/visible": 0.5}, {"epoch": 1, "bound/visible": 0.4}]
    left, right = bound_ledger(rows).axes
    assert len(left.lines) == 1
    assert not right.lines


def test_bad_rows_are_named():
    with pytest.raises(ValueError, match="no row to draw"):
        bound_ledger([])
    with pytest.raises(ValueError, match=r"row 1 holds \['step'\]"):
        bound_ledger([ROWS[0], {"step": 3}])
