"""The page of one figure in a real browser: nothing fetched, no error, for phones and at night."""

import shutil
from functools import partial

import numpy as np
import pytest

from da_bench.dashboard.picture_page import picture_page
from da_bench.figures import feature_map

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium")
NAME = '</script><img src=x onerror="document.title=1"> "ж" & \'q\''


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    rng = np.random.default_rng(0)
    z, u, y = rng.normal(size=(30, 4)), rng.normal(size=(30, 4)), np.arange(30) % 2
    draw = partial(feature_map, z, u, y, before=(u, z), names=[NAME, "b"], titles=(NAME, "after"))
    path = tmp_path_factory.mktemp("page") / "features.html"
    path.write_text(picture_page(draw, f"features of {NAME}", NAME))
    return path


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_in_a_browser(width, scheme, page, browser):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    opened = browser.new_page(viewport={"width": width, "height": 844}, color_scheme=scheme)
    said, asked = [], []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(page.as_uri())
    opened.wait_for_selector(".main-svg .point")
    assert not said
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert not opened.query_selector("img")  # a name is no markup
    tools = [tool.get_attribute("data-title") for tool in opened.query_selector_all(".modebar-btn")]
    assert "Pan" in tools
    assert not [tool for tool in tools if "Share" in tool]  # it would upload the figure
    assert opened.title() == f"features of {NAME}"
    assert NAME in opened.inner_text("#figure")
    assert opened.evaluate("document.documentElement.scrollWidth") == width
    boxes = [one.bounding_box() for one in opened.query_selector_all(".xy, .x2y2")]
    side_by_side = boxes[0]["y"] == pytest.approx(boxes[1]["y"], abs=30)
    assert side_by_side == (width > 640)
    colour = opened.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (colour == "rgb(255, 255, 255)") == (scheme == "light")
    found = axe.Axe().run(opened).response["violations"]
    assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []
