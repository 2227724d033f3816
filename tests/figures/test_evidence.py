"""What a sentence rests on is drawn where it is said to be."""

import math

import pytest

from da_bench.figures import Evidence, evidence

NAN = math.nan


def one(**more):
    given = {"name": "distance", "value": 0.4, "low": 0.1, "high": 0.9, "p_value": 0.003,
             "least": 0.0, "most": 2.0, "mark": 0.25, "meaning": "far apart"} | more  # fmt: skip
    return Evidence(**given)


def test_value_interval_and_threshold_stand_where_they_are():
    figure = evidence([one(), one(value=0.5, low=NAN, high=NAN, p_value=NAN, mark=NAN)], "A title")
    first, second = figure.data
    assert first.x == (0.4,)
    assert first.error_x.array[0] == pytest.approx(0.5)
    assert first.error_x.arrayminus[0] == pytest.approx(0.3)
    assert second.error_x.array is None
    (line,) = figure.layout.shapes  # none where there is no threshold
    assert (line.x0, line.x1) == (0.25, 0.25)
    texts = [a.text for a in figure.layout.annotations]
    assert texts[0] == "<b>distance</b><br>0.4 [0.1, 0.9], p 0.003<br>dashed: far apart"
    assert texts[1] == "<b>distance</b><br>0.5<br>far apart"


def test_a_scale_grows_to_hold_its_interval():
    figure = evidence([one(low=-1.0, high=3.0)])
    left, right = figure.layout.xaxis.range
    assert left < -1
    assert right > 3
    plain = evidence([one()]).layout.xaxis.range
    assert plain[0] == pytest.approx(-0.06)
    assert plain[1] == pytest.approx(2.06)


def test_markup_in_a_name_is_shown_as_it_is():
    text = evidence([one(name="a<b>&")]).layout.annotations[0].text
    assert text.startswith("<b>a&lt;b&gt;&amp;</b>")


def test_dark_and_light_differ_and_bad_input_is_named():
    light, dark = (
        evidence([one()], dark=dark).layout.template.layout.paper_bgcolor for dark in (False, True)
    )
    assert light != dark
    with pytest.raises(ValueError, match="no statistic"):
        evidence([])
    with pytest.raises(ValueError, match="distance is nan: expected a finite value"):
        evidence([one(value=NAN)])
