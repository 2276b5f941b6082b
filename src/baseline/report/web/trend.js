"use strict";
// The trend: one small chart for each severity, on a scale of its own, and one for what was not seen.
const trend = (() => {
  const { el, byId, number } = dom;
  const HEIGHT = 116;
  const LONG = 60 * 86400;

  // A colour that may be light-dark(), as the canvas wants it.
  function painted(name) {
    const probe = el("i");
    probe.style.color = `var(--${name})`;
    document.body.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  }

  class Trend {
    constructor(data) {
      const names = data.severities.filter((name) =>
        data.trend.some((point) => point.severities[name]),
      );
      this.times = data.trend.map((point) => Date.parse(point.when) / 1000);
      this.series = [
        ...names.map((name) => [name, data.trend.map((point) => point.severities[name] ?? 0)]),
        ["unknown", data.trend.map((point) => point.unknown)],
      ];
      this.box = byId("charts");
      this.charts = [];
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
      new ResizeObserver(() => this.resize()).observe(this.box);
      this.draw();
    }

    draw() {
      for (const chart of this.charts) chart.destroy();
      this.box.replaceChildren();
      this.charts = this.series.map(([name, values]) => this.chart(name, values));
    }

    chart(name, values) {
      const plot = el("div", { "aria-hidden": "true" });
      const last = values.at(-1);
      const since = last - values.at(-2);
      const moved = since ? `${since > 0 ? "▲" : "▼"} ${number(Math.abs(since))}` : "as before";
      const now = el("b", {}, number(last));
      this.box.append(
        el(
          "figure.card",
          {},
          el(
            "figcaption",
            {},
            el("span", {}, name === "unknown" ? "could not look" : name),
            now,
            el(
              "small",
              { className: since > 0 ? "worse" : since < 0 ? "better" : "" },
              moved,
              el("span.hidden", {}, " since the day before it"),
            ),
          ),
          plot,
        ),
      );
      return new vendor.uPlot(
        this.options(name, plot.clientWidth, (at) => {
          now.textContent = number(at == null ? last : values[at]);
        }),
        [this.times, values],
        plot,
      );
    }

    options(name, width, moved) {
      const line = painted(name);
      const axis = {
        stroke: painted("quiet"),
        grid: { stroke: painted("line"), width: 1 },
        ticks: { show: false },
        font: `11px ${getComputedStyle(document.body).fontFamily}`,
      };
      const long = this.times.at(-1) - this.times[0] > LONG;
      const when = long ? { month: "short" } : { month: "short", day: "numeric" };
      return {
        width,
        height: HEIGHT,
        padding: [6, 4, 0, 0],
        legend: { show: false },
        cursor: {
          sync: { key: "trend" },
          y: false,
          drag: { setScale: false },
          points: { size: 7 },
        },
        hooks: { setCursor: [(chart) => moved(chart.cursor.left >= 0 ? chart.cursor.idx : null)] },
        scales: { y: { range: (_, __, most) => [0, Math.max(1, most * 1.12)] } },
        axes: [
          {
            ...axis,
            grid: { show: false },
            size: 22,
            space: long ? 34 : 52,
            values: (_, times) =>
              times.map((time) => new Date(time * 1000).toLocaleDateString("en", when)),
          },
          {
            ...axis,
            size: 40,
            space: 34,
            values: (_, all) => all.map((value) => (Number.isInteger(value) ? number(value) : "")),
          },
        ],
        series: [
          {},
          {
            stroke: line,
            width: 2,
            fill: line.replace(/^rgb\((.*)\)$/, "rgba($1, 0.13)"),
            points: { show: false },
          },
        ],
      };
    }

    resize() {
      for (const chart of this.charts) {
        const width = chart.root.parentElement.clientWidth;
        if (width && width !== chart.width) chart.setSize({ width, height: HEIGHT });
      }
    }
  }

  return { Trend };
})();
