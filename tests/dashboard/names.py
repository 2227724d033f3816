"""Names with markup of Markdown, HTML, TeX, Streamlit and plotly, and of other letters, as runs."""

import json

from da_bench.results.row import TWIN
from tests.results.stored import row

NASTY = ("<script>window.hacked=1</script>", "$x^2$ and $y$", ":red[red]", "**bold** `code`",
         "a|b", "\"quotes\" 'both'", "[link](https://example.org)",
         ":material/home: :smile: -> --", "Ελληνικά", "漢字かな", "עברית", "# head",
         "<b>b</b>&amp;", "<img src=x onerror='window.hacked=1'>")  # fmt: skip
COLLAPSE = {"name": "predictions_collapse", "level": "warning", "step": 12,
            "evidence": "1.00 classes in effect", "remedy": "raise the weight"}  # fmt: skip


def nasty(out):
    """Two seeds of the twin and of a method for each name, which is method, domain and text.

    Folders are numbered: nothing of a name is in its path. Returns them.
    """
    rows = [
        row(method, name, "b", seed, score, comment=name)
        for name in NASTY
        for method, score in ((TWIN, 0.5), (name, 0.6))
        for seed in range(2)
    ]
    folders = []
    for number, one in enumerate(rows):
        folder = out / "runs" / "bench" / "numbered" / f"r{number}"
        folder.mkdir(parents=True)
        text = json.dumps({"schema": 1} | {k: v for k, v in one.items() if k != "folder"})
        (folder / "result.json").write_text(text)
        folders.append(folder)
    return folders
