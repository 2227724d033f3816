// The report's own script: draws figures when they come into view, filters, sorts, downloads.
"use strict";
(() => {
  const root = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const held = (id) => JSON.parse(document.getElementById(id).textContent);
  const templates = held("templates");
  const config = { displayModeBar: false, displaylogo: false, responsive: true,
    plotlyServerURL: "", topojsonURL: "", showEditInChartStudio: false };
  const coarse = matchMedia("(pointer: coarse)");
  const prefers = matchMedia("(prefers-color-scheme: dark)");
  const specs = new Map();
  const drawn = new Set();
  const PAPER = 690;  // pixels across a printed page
  let printing = false;

  // What is asked for.
  const words = (id) => (document.getElementById(id)?.value ?? "").toLowerCase().split(",")
    .map((word) => word.trim()).filter(Boolean);
  const wanted = { method: [], task: [] };
  const passes = (kind, name) => wanted[kind].length === 0 || name === "mean" && kind === "task" ||
    wanted[kind].some((word) => name.toLowerCase().includes(word));

  // Figures.
  const dark = () => !printing && (root.dataset.theme ?? (prefers.matches ? "dark" : "light")) === "dark";
  const keep = (list, by) => list === undefined ? list : list.filter((_, i) => by[i]);

  function narrowed(trace) {
    const { columns, lines } = trace.meta;
    const across = columns.map((name) => passes("method", name));
    const down = lines.map((name) => passes("task", name));
    const cut = (grid) => keep(grid, down).map((line) => keep(line, across));
    return { ...trace, x: keep(trace.x, across), y: keep(trace.y, down), z: cut(trace.z),
      text: cut(trace.text), customdata: cut(trace.customdata) };
  }

  function shown(plot) {
    const spec = specs.get(plot);
    const chosen = all(".choice", plot.closest("figure")).map((s) => [s.dataset.key, s.value]);
    const data = spec.data.filter((trace) => !trace.meta || (
      (!trace.meta.method || passes("method", trace.meta.method)) &&
      chosen.every(([key, value]) => trace.meta[key] === value)))
      .map((trace) => (trace.meta?.columns ? narrowed(trace) : trace));
    const layout = { ...spec.layout, template: templates[dark() ? "dark" : "light"],
      dragmode: coarse.matches ? false : "zoom" };
    const meta = spec.layout.meta ?? {};
    const wide = printing ? Math.max(PAPER, meta.least ?? 0) : plot.clientWidth;
    plot.style.zoom = printing ? PAPER / wide : "";
    if (printing) {
      layout.width = wide;
      if (!meta.rows && !meta.columns) layout.height = Math.min(layout.height, 320);  // two a page
    }
    if (meta.rows) {
      const by = meta.rows.map((name) => passes("method", name));
      const count = Math.max(1, by.filter(Boolean).length);
      layout.height = meta.base + meta.row * count;
      layout.yaxis = { ...layout.yaxis, range: [count - 0.5, -0.5],
        categoryarray: keep(layout.yaxis.categoryarray, by),
        tickvals: keep(layout.yaxis.tickvals, by), ticktext: keep(layout.yaxis.ticktext, by) };
    }
    if (meta.columns) {
      const across = meta.columns.map((name) => passes("method", name));
      plot.style.minWidth = printing ? "0" : `${meta.least - meta.column * across.filter((x) => !x).length}px`;
      const heat = data[0];
      const lines = spec.data[0].meta.lines.map((name) => passes("task", name));
      layout.height -= meta.lines * lines.filter((x) => !x).length;
      const tight = wide / Math.max(1, heat.x.length) < 150;
      layout.xaxis = { ...layout.xaxis, tickvals: heat.x, tickangle: tight ? -50 : 0,
        ticktext: keep(layout.xaxis.ticktext, across) };
      layout.yaxis = { ...layout.yaxis, tickvals: heat.y, ticktext: keep(layout.yaxis.ticktext, lines) };
    }
    const named = data.filter((trace) => trace.name && trace.showlegend !== false);
    if (layout.showlegend !== false && named.length > 1) {  // below, in as many columns as fit
      const longest = Math.max(...named.map((trace) => trace.name.length));
      const columns = Math.max(1, Math.floor((wide - 70) / (52 + 7 * longest)));
      const high = 20 * Math.ceil(named.length / columns) + 12;
      layout.legend = { orientation: "h", x: 0, y: -52 / (layout.height - 68), yanchor: "top",
        entrywidthmode: "fraction", entrywidth: 0.98 / columns, maxheight: high + 40, tracegroupgap: 0,
        font: { size: 12 } };
      layout.margin = { ...layout.margin, b: 52 + high };
      layout.height += high;
    }
    return { data, layout };
  }

  async function draw(plot) {
    if (!specs.has(plot)) specs.set(plot, held(plot.dataset.spec));
    const { data, layout } = shown(plot);
    plot.style.minHeight = `${layout.height}px`;
    await Plotly.react(plot, data, layout, config);
    drawn.add(plot);
    if (drawn.size === 1) performance.mark("first-figure");
  }
  const again = () => Promise.all([...drawn].map(draw));

  const plots = all(".plot");
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting && !entry.target.closest("[hidden]")) {
        watcher.unobserve(entry.target);
        draw(entry.target);
      }
    }
  }, { rootMargin: "400px" });
  const first = plots.length ? draw(plots[0]) : Promise.resolve();  // before anything else
  first.then(() => plots.slice(1).forEach((plot) => watcher.observe(plot)));
  all(".choice").forEach((menu) => menu.addEventListener("change", () =>
    draw(menu.closest("figure").querySelector(".plot"))));

  // Light and dark.
  const theme = document.getElementById("theme");
  const showTheme = () => {
    theme.setAttribute("aria-pressed", String(dark()));
    return again();
  };
  theme.hidden = false;
  theme.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    showTheme();
  });
  prefers.addEventListener("change", showTheme);
  theme.setAttribute("aria-pressed", String(dark()));
  addEventListener("beforeprint", () => {
    printing = true;
    plots.filter((plot) => !plot.closest("[hidden]")).forEach(draw);
  });
  addEventListener("afterprint", async () => {
    printing = false;
    await again();
    drawn.forEach((plot) => Plotly.relayout(plot, { autosize: true }));
  });

  // Filters.
  const form = document.getElementById("filters");
  function filter() {
    wanted.method = words("by-method");
    wanted.task = words("by-task");
    const benchmark = document.getElementById("by-benchmark").value;
    all(".benchmark").forEach((section) => {
      section.hidden = benchmark !== "" && section.dataset.benchmark !== benchmark;
    });
    const seen = { method: new Set(), task: new Set() };
    for (const table of all("table")) {
      const heads = [...table.tHead.rows[0].cells];
      const columns = heads.map((head) => !head.dataset.method || passes("method", head.dataset.method));
      const across = heads.some((head) => head.dataset.method);
      for (const line of table.rows) {
        const { method, task } = line.dataset;
        line.hidden = (method !== undefined && !passes("method", method)) ||
          (task !== undefined && !passes("task", task));
        if (across) [...line.cells].forEach((cell, i) => { cell.hidden = !columns[i]; });
        if (across && task !== undefined && task !== "mean" && !line.hidden) seen.task.add(task);
      }
      heads.forEach((head, i) => {
        if (head.dataset.method && columns[i]) seen.method.add(head.dataset.method);
      });
    }
    document.getElementById("count").textContent =
      `${seen.method.size} methods, ${seen.task.size} tasks`;
    all(".plot").forEach((plot) => {
      if (!drawn.has(plot)) { watcher.unobserve(plot); watcher.observe(plot); }
    });
    return again();
  }
  if (form) {
    let later;
    form.hidden = false;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => { clearTimeout(later); later = setTimeout(filter, 150); });
    form.addEventListener("reset", () => setTimeout(filter));
    first.then(filter);
  }

  // Sorting: by the first number of a text, else by the text; what has neither comes last.
  const number = (text) => {
    const found = /^[−+-]?\d[\d,]*(\.\d+)?(e[+-]?\d+)?/i.exec(text);
    return found ? Number(found[0].replaceAll(",", "")) : null;
  };
  function order(table, column, direction) {
    const lines = [...table.tBodies[0].rows];
    const keys = new Map(lines.map((line) => [line, line.cells[column].textContent.trim()]));
    const numeric = column > 0 && lines.some((line) => number(keys.get(line)) !== null);
    const compare = (a, b) => {
      const [x, y] = [keys.get(a), keys.get(b)];
      if (!numeric) return direction * x.localeCompare(y, undefined, { numeric: true });
      const [m, n] = [number(x), number(y)];
      if (m === null || n === null) return (m === null) - (n === null);
      return direction * (m - n);
    };
    table.tBodies[0].append(...lines.sort(compare));
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.classList.contains("sort")) {
      const head = button.parentElement;
      const up = head.getAttribute("aria-sort") !== "ascending";
      all("th[aria-sort]", head.parentElement).forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      order(head.closest("table"), head.cellIndex, up ? 1 : -1);
    } else if (button?.classList.contains("csv")) {
      const of = document.getElementById(button.dataset.of);
      save(of.tagName === "TABLE" ? csv(of) : held(button.dataset.of), button.dataset.file);
    } else if (button?.classList.contains("png")) {
      const plot = button.closest("figure").querySelector(".plot");
      draw(plot).then(() => Plotly.downloadImage(plot, { format: "png", scale: 2,
        width: plot.clientWidth, height: plot.clientHeight, filename: button.dataset.file }));
    }
  });

  // Downloads.
  function csv(table) {
    // What a spreadsheet would compute has a quotation mark before it, as in da_bench/escape.py.
    const plain = /^[-+±\d.,%()\[\]†‡ ]*(e[-+]?\d+)?$/;
    const safe = (text) => (/^[=+\-@\t\r]/.test(text) && !plain.test(text) ? `'${text}` : text);
    const quoted = (text) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    return [...table.rows].filter((line) => !line.hidden).map((line) => [...line.cells]
      .filter((cell) => !cell.hidden).map((cell) => quoted(safe(cell.textContent.trim()))).join(","))
      .join("\n") + "\n";
  }
  function save(text, file) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
    link.download = file;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
})();
