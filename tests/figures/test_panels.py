"""Panels side by side and stacked, with room for what stands around them."""

import pytest

from da_bench.figures.panels import panels, place, with_legend


@pytest.mark.parametrize(("stacked", "grid"), [(False, (2, 3)), (True, (4, 1))])
def test_four_panels(stacked, grid):
    figure = panels(["a", "b", "c", "<d>"], "heading " * 30, stacked)
    for number in range(4):
        figure.add_scatter(x=[0], y=[0], **place(number, stacked))
    assert figure._get_subplot_rows_columns()[0][-1] == grid[0]
    assert len({(t.xaxis, t.yaxis) for t in figure.data}) == 4
    assert [a.text for a in figure.layout.annotations][-1] == "&lt;d&gt;"
    lines = figure.layout.title.text.split("<br>")
    assert max(map(len, lines)) <= (46 if stacked else 120)
    assert figure.layout.margin.t > 20 * len(lines)


def test_the_legend_takes_no_room_from_the_panels():
    figure = panels(["a"], stacked=True)
    body = figure.layout.height - figure.layout.margin.b - figure.layout.margin.t
    for number in range(30):
        figure.add_scatter(x=[0], y=[0], name=f"name {number}", showlegend=True)
    with_legend(figure, stacked=True)
    assert figure.layout.margin.b > 200
    assert figure.layout.height - figure.layout.margin.b - figure.layout.margin.t == body
