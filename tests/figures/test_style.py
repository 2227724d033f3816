"""One style: seen in light and in dark, by anyone."""

from itertools import pairwise

import pytest

from da_bench.figures import style


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_computed_as_the_guideline_does():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [style.LIGHT, style.DARK])
def test_text_and_marks_stand_out(theme):
    for back in ("paper", "card"):
        for text in ("text", "muted"):
            assert contrast(theme[text], theme[back]) >= 4.5
    assert contrast(theme["line"], theme["paper"]) >= 3
    for colour in style.COLOURS:
        assert contrast(colour, theme["paper"]) >= 3


def test_no_two_of_many_look_alike():
    looks = [(style.colour(i), style.symbol(i), style.dash(i)) for i in range(385)]
    assert len(set(looks)) == 385
    for one, other in pairwise(looks):
        assert one[0] != other[0]
        assert one[1] != other[1]


def test_templates_differ_in_their_backgrounds_alone():
    light, dark = style.template().layout, style.template(dark=True).layout
    assert light.paper_bgcolor == style.LIGHT["paper"]
    assert dark.paper_bgcolor == style.DARK["paper"]
    assert light.colorway == dark.colorway
    assert style.faint(0, 0.5) == "rgba(0,114,178,0.5)"


def test_a_name_is_no_markup():
    assert style.plain("<b>a & b</b>") == "&lt;b&gt;a &amp; b&lt;/b&gt;"
