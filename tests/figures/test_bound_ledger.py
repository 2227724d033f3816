"""The figure of the bound's terms shows each row and marks oracles."""

import pytest

from da_bench.figures import bound_ledger

ROWS = [
    {"epoch": e, "bound/source_error": 0.1, "bound/half_divergence": 0.5 - 0.1 * e,
     "bound/visible": 0.6 - 0.1 * e, "oracle/joint_error": 0.2, "val/source": 0.9}
    for e in range(3)
]  # fmt: skip


def test_terms_beside_scores():
    figure = bound_ledger(ROWS, title="dann")
    lines = {t.name: t for t in figure.data}
    assert list(lines["half the divergence"].y) == pytest.approx([0.5, 0.4, 0.3])
    assert list(lines["half the divergence"].x) == [0, 1, 2]
    assert [t.name for t in figure.data if t.xaxis == "x2"] == ["source, validation"]
    assert figure.layout.title.text == "oracle: dann"  # a line of it reads target labels
    looks = [(t.line.dash, t.marker.symbol) for t in figure.data]
    assert len(set(looks)) == len(looks)


def test_terms_that_are_missing_are_not_drawn():
    rows = [{"epoch": 0, "bound/visible": 0.5}, {"epoch": 1, "bound/visible": 0.4}]
    figure = bound_ledger(rows)
    assert [t.name for t in figure.data] == ["their sum"]
    assert "oracle" not in figure.layout.title.text


def test_bad_rows_are_named():
    with pytest.raises(ValueError, match="no row to draw"):
        bound_ledger([])
    with pytest.raises(ValueError, match=r"row 1 holds \['step'\]"):
        bound_ledger([ROWS[0], {"step": 3}])
