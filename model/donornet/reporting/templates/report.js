(function () {
  "use strict";
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const shared = read("shared");
  const dark = read("dark");
  const darkness = window.matchMedia("(prefers-color-scheme: dark)");
  const charts = Array.from(document.querySelectorAll(".chart"));
  const PAPER = 680;
  let printing = false;

  // Colours are told in the light theme; the dark one is a substitution.
  function recoloured(value, isColour) {
    if (typeof value === "string" && isColour) {
      const found = dark[value.slice(0, 7)];
      return found === undefined ? value : found + value.slice(7);
    }
    if (typeof value === "string" || value === null || typeof value !== "object") return value;
    if (Array.isArray(value)) return value.map((inner) => recoloured(inner, isColour));
    const answer = {};
    for (const key of Object.keys(value)) {
      answer[key] = recoloured(value[key], /color/i.test(key) && key !== "colorbar");
    }
    return answer;
  }

  function spanned(text) {
    return text.replace(/#[0-9A-F]{6}/g, (colour) => dark[colour] || colour);
  }

  function spec(chart) {
    const answer = read(chart.dataset.spec);
    answer.data = answer.data.map((trace) => (trace.shared === undefined ? trace : shared[trace.shared]));
    if (!darkness.matches || printing) return answer;
    const swapped = recoloured(answer, false);
    for (const note of swapped.layout.annotations || []) {
      if (/^<span style='color:/.test(note.text || "")) note.text = spanned(note.text);
    }
    return swapped;
  }

  function draw(chart) {
    const { data, layout } = spec(chart);
    const width = printing ? PAPER : chart.clientWidth;
    if (width < 480) narrow(layout);
    if (chart.dataset.shape === "keep") {
      const legend = width < 480 ? 200 : 60;
      layout.height = Math.round(Math.max(200, ((layout.height - 60) * width) / 1000)) + legend;
      if (width < 480) {
        layout.margin = { l: 0, r: 0, t: 0, b: legend };
        layout.legend = Object.assign({}, layout.legend, { y: -0.02, yanchor: "top", maxheight: legend });
      }
      chart.style.height = layout.height + "px";
      const pressed = printing ? null : chart.closest("figure").querySelector("[aria-pressed=true]");
      if (pressed) show(layout, pressed.dataset.view, width / (layout.height - legend));
    }
    Plotly.purge(chart); // a change of what is drawn may be animated, and a printer does not wait
    Plotly.newPlot(chart, data, Object.assign({}, layout, { width: width }), { displayModeBar: false, scrollZoom: false });
    chart.dataset.drawn = String(width);
  }

  // A view is widened to the shape of the map.
  function show(layout, view, shape) {
    const [left, right, low, high] = view.split(" ").map(Number);
    const more = Math.max(0, (high - low) * shape - (right - left)) / 2;
    layout.xaxis = Object.assign({}, layout.xaxis, { range: [left - more, right + more] });
    layout.yaxis = Object.assign({}, layout.yaxis, { range: [low, high] });
  }

  for (const button of document.querySelectorAll("[data-view]")) {
    button.addEventListener("click", () => {
      for (const other of button.parentElement.children) other.setAttribute("aria-pressed", String(other === button));
      draw(button.closest("figure").querySelector(".chart"));
    });
  }

  // What a wide margin leaves room for is worth less than the chart on a phone.
  function narrow(layout) {
    layout.margin = Object.assign({}, layout.margin, { r: Math.min(layout.margin.r, 60) });
    layout.font = Object.assign({}, layout.font, { size: 11 });
    if (layout.legend) layout.legend = Object.assign({}, layout.legend, { font: Object.assign({}, layout.legend.font, { size: 10 }) });
  }

  const seen = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        if (entry.isIntersecting) {
          seen.unobserve(entry.target);
          if (entry.target.dataset.drawn === undefined) draw(entry.target);
        }
      }
    },
    { rootMargin: "600px" },
  );
  charts.forEach((chart) => seen.observe(chart));

  function again() {
    charts.filter((chart) => chart.dataset.drawn !== undefined).forEach(draw);
  }
  function print() {
    if (printing) return;
    printing = true;
    charts.forEach(draw);
  }
  function back() {
    if (!printing) return;
    printing = false;
    charts.forEach(draw);
  }
  darkness.addEventListener("change", again);
  window.addEventListener("beforeprint", print);
  window.addEventListener("afterprint", back);
  window.matchMedia("print").addEventListener("change", (event) => (event.matches ? print() : back()));
  let waiting = 0;
  window.addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      if (printing) return;
      charts.filter((c) => c.dataset.drawn !== undefined && Number(c.dataset.drawn) !== c.clientWidth).forEach(draw);
    }, 150);
  });

  // Tables: a heading sorts, once up and once down; what has no number stays last.
  const collator = new Intl.Collator(undefined, { numeric: true });
  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = Array.from(table.tHead.rows[0].cells);
    heads.forEach((head, column) => {
      head.firstElementChild.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const isNumber = head.classList.contains("number");
        const value = (row) => row.cells[column].dataset.v ?? row.cells[column].textContent;
        const rows = Array.from(table.tBodies[0].rows);
        rows.sort((a, b) => {
          const [x, y] = [value(a), value(b)];
          if (x === "" || y === "") return (x === "") - (y === "");
          const order = isNumber ? Number(x) - Number(y) : collator.compare(x, y);
          return down ? -order : order;
        });
        table.tBodies[0].append(...rows);
      });
    });
  }
})();
