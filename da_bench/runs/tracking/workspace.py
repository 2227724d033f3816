"""The W&B page of a comparison, made from ``experiments/wandb.yaml``."""

from typing import Any

import yaml

from da_bench.config import layers
from da_bench.config.extras import needs
from da_bench.config.objects import nearest

from .scalar_names import STEP
from .session import Destination

FILE = "wandb.yaml"
KINDS = ("line", "bar", "scatter", "table")
LIMIT = 100
"""Groups of runs that a panel draws at most: W&B's own ten would hide methods."""
COLUMNS, WIDE, NARROW, HEIGHT = 24, 24, 8, 6
"""Sizes on W&B's grid of panels: columns in all, of a wide and a narrow panel, and the height."""


def template() -> dict[str, Any]:
    """The description of the page in ``experiments/wandb.yaml``."""
    return yaml.safe_load((layers.folder() / FILE).read_text())


def build(to: Destination, content: dict[str, Any] | None = None) -> Any:
    """The page as W&B's library has it; nothing is sent.

    Args:
        to: The project.
        content: Description of the page; :func:`template` by default, whose form it has.

    Raises:
        MissingExtra: wandb-workspaces is not installed.
        ValueError: A panel of a kind that there is none of.
    """
    ws = needs("wandb_workspaces.workspaces", "wandb")
    content = content or template()
    sections = [
        ws.Section(
            name=section["name"],
            panels=place_panels(section["panels"], content["by"]),
            is_open=True,
        )
        for section in content["sections"]
    ]
    return ws.Workspace(
        name=content["title"],
        entity=to.entity or "",
        project=to.project,
        sections=sections,
        settings=ws.WorkspaceSettings(x_axis=STEP, max_runs=LIMIT, group_by_prefix="first"),
        runset_settings=ws.RunsetSettings(
            groupby=[ws.Config(key) for key in content["group"]],
            pinned_columns=[f"summary:{name}" for name in content["columns"]],
        ),
        auto_generate_panels=True,  # what a project logs besides gets sections of its own
    )


def place_panels(panels: list[dict[str, Any]], by: str) -> list[Any]:
    """Panels side by side, a wide one on a line of its own."""
    wr = needs("wandb_workspaces.reports.v2", "wandb")
    result, x, y = [], 0, 0
    for description in panels:
        one_panel, width = panel(description, by), WIDE if description.get("wide") else NARROW
        if x + width > COLUMNS:
            x, y = 0, y + HEIGHT
        one_panel.layout = wr.Layout(x=x, y=y, w=width, h=HEIGHT)
        result.append(one_panel)
        x += width
    return result


def panel(description: dict[str, Any], by: str) -> Any:
    """One panel of W&B, from its description; ``by`` groups its runs.

    Raises:
        ValueError: The description's ``kind`` is unknown.
    """
    wr = needs("wandb_workspaces.reports.v2", "wandb")
    kind, scalar_names, title = description["kind"], description["of"], description.get("title")
    grouping = {"groupby": wr.Config(description.get("by", by)), "groupby_aggfunc": "mean",
               "groupby_rangefunc": "stddev", "max_runs_to_show": LIMIT}  # fmt: skip
    if kind == "line":
        return wr.LinePlot(title=title, x=STEP, y=scalar_names, **grouping)
    if kind == "bar":
        metrics = [wr.SummaryMetric(name) for name in scalar_names]
        return wr.BarPlot(title=title, metrics=metrics, max_bars_to_show=LIMIT, **grouping)
    if kind == "scatter":
        x, y = (wr.SummaryMetric(name) for name in scalar_names)
        return wr.ScatterPlot(title=title, x=x, y=y)
    if kind == "table":
        return wr.WeavePanelSummaryTable(table_name=scalar_names)
    raise ValueError(f"there is no panel of kind {kind!r}{nearest(str(kind), KINDS)}")


def names_read(content: dict[str, Any]) -> tuple[set[str], set[str]]:
    """Names that a page reads: of curves, figures and tables, and of the configuration."""
    panels = [description for section in content["sections"] for description in section["panels"]]
    scalars = {
        n
        for description in panels
        for n in ([description["of"]] if description["kind"] == "table" else description["of"])
    }
    keys = {
        *content["group"],
        content["by"],
        *(description["by"] for description in panels if "by" in description),
    }
    return scalars | set(content["columns"]), keys


def spec(to: Destination) -> str:
    """The page that would be sent, as JSON."""
    view = build(to)._to_model()  # its public way to JSON asks the server first
    return str(view.spec.model_dump_json(by_alias=True, exclude_none=True, indent=1))
