"""Texts made harmless where they leave us: one function for each medium."""

import html as standard
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
"""Characters that no screen shows and some obey: controls, marks of direction, half characters."""
FORMULA = re.compile(r"[=+\-@\t\r]")
"""How a cell begins that a spreadsheet computes."""
FIGURES = re.compile(r"[-+±\d.,%()\[\]†‡ ]*(e[-+]?\d+)?")
"""What is no formula, however it begins: a number, with its spread and gain."""

TAG = re.compile(r"<(?!/?(b|i|em|sub|sup|br|extra) ?/?>)")
"""What begins a tag that a figure of ours does not have: plotly would follow a link."""


def visible(text: object) -> str:
    r"""``text`` in one line, for a terminal: what is hidden in it is spelled out, as ``\x1b``."""
    line = str(text)
    if line.isascii() and line.isprintable():  # nearly always, and ten times as fast
        return line
    return HIDDEN.sub(lambda match: spell_out(match[0]), line)


def spell_out(letter: str) -> str:
    """A character as Python writes it."""
    return letter.encode("unicode_escape", "surrogatepass").decode()


def visible_values(value: Any) -> Any:
    """:func:`visible` of every text in nested mappings and lists, keys too."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {visible_values(key): visible_values(item) for key, item in value.items()}
    return [visible_values(item) for item in value] if isinstance(value, list) else value


def html(text: object) -> str:
    """``text`` for HTML, between tags and within quotes."""
    return standard.escape(visible(text))


def plotly(figure: str) -> str:
    """A plotly figure as JSON, in which only tags that set type, such as ``<b>``, stay tags."""

    def escape_tags(value: Any) -> Any:
        if isinstance(value, str):
            return TAG.sub("&lt;", value)
        if isinstance(value, dict):
            return {key: escape_tags(part) for key, part in value.items()}
        return [escape_tags(part) for part in value] if isinstance(value, list) else value

    return json.dumps(escape_tags(json.loads(figure)))  # whose JSON may spell "<" in another way


def markdown(text: object) -> str:
    """``text`` for a cell of a Markdown table: no column, tag, code, link or picture begins."""
    return re.sub(r"([\\|<`])|(?<=\])(?=[(\[:])", lambda match: "\\" + match[0], visible(text))


def sentences(text: str) -> str:
    """Sentences and headings of Markdown that name what a stranger's rows hold, line by line."""
    return "\n".join(map(markdown, text.split("\n")))


def csv(value: Any) -> Any:
    """A cell of a CSV: text that a spreadsheet would compute has a quotation mark before it."""
    if not isinstance(value, str):
        return value
    text = visible(value)
    return f"'{text}" if FORMULA.match(value) and not FIGURES.fullmatch(value) else text


def csv_text(table: "pd.DataFrame") -> str:
    """A table without its index as CSV, each text and column made harmless by :func:`csv`."""
    result = table.copy()
    for place in range(result.shape[1]):
        column = result.iloc[:, place]
        if column.dtype == object or str(column.dtype).startswith(("str", "cat")):
            texts: Any = column.astype(object).map(csv, na_action="ignore")
            result.isetitem(place, texts)
    return result.set_axis([csv(name) for name in result.columns], axis=1).to_csv(index=False)
