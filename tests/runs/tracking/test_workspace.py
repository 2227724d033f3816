"""The W&B page of a comparison: made without a network, of names that exist."""

import copy
import json
import socket

import pytest

pytest.importorskip("wandb_workspaces")

from da_bench.runs.tracking import workspace
from da_bench.runs.tracking.address import config_facts, summary_figures
from da_bench.runs.tracking.comparison import CELLS, RUNS
from da_bench.runs.tracking.scalar_names import is_listed
from da_bench.runs.tracking.session import Destination
from tests.results.stored import row

TO = Destination("p", "e", False)
ROW = row(status="ok", diagnosis=None)


def strangers(said):
    """Names that nothing has."""
    scalars, keys = workspace.names_read(said)
    known = {*summary_figures(ROW), CELLS, RUNS}
    return {n for n in scalars if n not in known and not is_listed(n)} | keys - set(
        config_facts(ROW)
    )


def test_it_names_only_what_exists():
    said = workspace.template()
    assert not strangers(said)
    worse = copy.deepcopy(said)
    worse["sections"][0]["panels"][1]["of"] = ["target/accuracy"]
    worse["columns"].append("acc")
    worse["group"].append("benchmrk")
    assert strangers(worse) == {"target/accuracy", "acc", "benchmrk"}


def test_the_page_is_made_without_a_network(monkeypatch):
    def refuse(*args):
        raise OSError(f"network: {args}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    made = json.loads(workspace.spec(TO))
    sections = made["section"]["panelBankConfig"]["sections"]
    said = workspace.template()
    assert [one["name"] for one in sections] == [one["name"] for one in said["sections"]]
    for section, own in zip(sections, said["sections"], strict=True):
        assert len(section["panels"]) == len(own["panels"])
        places = [tuple(panel["layout"].values()) for panel in section["panels"]]
        for i, (x, y, w, h) in enumerate(places):
            assert x + w <= workspace.COLUMNS
            for a, b, c, d in places[:i]:
                assert x >= a + c or a >= x + w or y >= b + d or b >= y + h  # none over another
    grouping = made["section"]["runSets"][0]["grouping"]
    assert [one["name"] for one in grouping] == [f"{key}.value" for key in said["group"]]
    text = json.dumps(made)
    scalars, _ = workspace.names_read(said)
    assert all(name in text for name in scalars)


def test_a_panel_of_no_kind_is_told():
    said = workspace.template()
    said["sections"][0]["panels"][0]["kind"] = "tabel"
    with pytest.raises(ValueError, match="did you mean 'table'"):
        workspace.build(TO, said)
