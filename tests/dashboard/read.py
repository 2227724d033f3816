"""A report as a reader without scripts gets it: its tables, its data, its scripts."""

import json
from html.parser import HTMLParser


class Page(HTMLParser):
    """Tables by id as lists of lines, data by id, and what else a test asks for."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tables, self.data, self.scripts, self.links = {}, {}, [], []
        self.tags, self.headings, self.text = [], [], ""
        self._table = self._cell = self._data = self._script = self._heading = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        of = dict(attributes)
        self.tags.append((tag, of))
        self.links += [of[name] for name in ("src", "href", "action", "poster") if of.get(name)]
        if tag == "table":
            self._table = self.tables[of["id"]] = []
        elif tag == "tr" and self._table is not None:
            self._table.append([])
        elif tag in ("th", "td") and self._table is not None:
            self._cell = ""
        elif tag == "script":
            self._data, self._script = of.get("id"), ""
        elif tag in ("h1", "h2", "h3"):
            self._heading = ""

    def handle_data(self, data):
        if self._script is not None:
            self._script += data
            return
        self.text += data
        if self._cell is not None:
            self._cell += data
        if self._heading is not None:
            self._heading += data

    def handle_endtag(self, tag):
        if tag == "table":
            self._table = None
        elif tag in ("th", "td") and self._cell is not None:
            self._table[-1].append(self._cell)
            self._cell = None
        elif tag == "script":
            if self._data:
                self.data[self._data] = json.loads(self._script)
            else:
                self.scripts.append(self._script)
            self._script = None
        elif tag in ("h1", "h2", "h3"):
            self.headings.append((int(tag[1]), self._heading))
            self._heading = None


def cells(markdown, head):
    """The lines of the first Markdown table below ``head``, without the stars of the best."""
    lines = markdown[markdown.index(head) :].splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("|"))
    found = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        if not line.startswith("|---"):
            parts = line.strip("|").replace("\\|", "\0").split("|")
            found.append([p.strip().replace("\0", "|").replace("**", "") for p in parts])
    return found
