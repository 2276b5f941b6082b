"use strict";
// Puts the page together: the link says what is chosen, what is chosen is shown, and is the link.
(async () => {
  const { byId, plural, number } = dom;
  const DARK = matchMedia("(prefers-color-scheme: dark)");

  document.documentElement.classList.add("scripted");
  for (const button of document.querySelectorAll("button.all")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      button.previousElementSibling.classList.remove("long");
      button.remove();
    });
  }

  const data = await store.open(byId("data").textContent);
  byId("data").remove();
  const table = new store.Table(data.findings);
  table.derive("ou", "account_id", (id) => data.accounts[id]?.[1] ?? "");
  table.join("tool check", "tool", "check");
  const frameworks = new Map(
    data.details.map(({ tool, check, frameworks: names }) => [
      `${tool} ${check}`,
      [...new Set(names.map((name) => name.split(":")[0]))],
    ]),
  );
  const chooser = new choice.Chooser(table, data.severities, frameworks);
  let rows = new Uint32Array();
  let place = -1;

  const filters = new facets.Filters(data, () => {
    show();
    address();
  });
  const shown = new grid.Grid(data, table, open, (sort, descending) =>
    filters.set({ sort, descending }),
  );
  // It may be most of the page, and is opened for the first finding that is looked at.
  let opened;
  async function evidence(row) {
    opened ??= store.open(byId("evidence").textContent);
    const { values, codes } = (await opened).evidence;
    return values[codes[row]];
  }
  const finding = new details.Details(data, table, evidence, (by) => open(place + by), closed);

  function show() {
    const found = chooser.choose(filters.chosen);
    rows = found.rows;
    byId("grid").hidden = !rows.length;
    byId("none").hidden = rows.length > 0;
    filters.show(found.counts);
    byId("state").textContent =
      rows.length === table.count
        ? plural(table.count, "finding")
        : `${number(rows.length)} of ${plural(table.count, "finding")}`;
    if (rows.length) shown.show(rows, filters.chosen);
  }

  function address() {
    history.replaceState(null, "", choice.toLink(filters.chosen));
  }

  function open(at) {
    if (at < 0 || at >= rows.length) return;
    place = at;
    finding.show(rows[at], at, rows.length);
    filters.chosen.finding = table.cell(rows[at], "uid");
    address();
  }

  function closed() {
    filters.chosen.finding = "";
    address();
    shown.focus(place);
  }

  function named(uid) {
    const { values, codes } = table.columns.uid;
    const code = values.indexOf(uid);
    const row = code < 0 ? -1 : codes.indexOf(code);
    place = rows.indexOf(row);
    if (row >= 0) finding.show(row, place, rows.length);
  }

  function follow() {
    const [where, chosen] = location.hash.slice(1).split(/\?(.*)/s);
    if (where === "coverage" && chosen !== undefined) {
      coverage?.follow(chosen);
      byId("coverage").scrollIntoView();
    }
    if (where !== "findings" || chosen === undefined) return;
    filters.chosen = choice.fromLink(chosen);
    filters.words.value = filters.chosen.words;
    show();
    byId("findings").scrollIntoView();
    if (filters.chosen.finding) named(filters.chosen.finding);
    else if (finding.dialog.open) finding.dialog.close();
  }

  // Until everything is laid out, a place that the link names moves away from under the reader, who
  // may have begun to scroll by then.
  let reading = false;
  for (const sign of ["wheel", "touchmove", "keydown"]) {
    addEventListener(
      sign,
      () => {
        reading = true;
      },
      { once: true, passive: true },
    );
  }

  function stay() {
    const place = byId(location.hash.slice(1).split("?")[0]);
    if (place && !reading) place.scrollIntoView({ behavior: "instant" });
  }

  show();
  addEventListener("hashchange", follow);
  addEventListener("beforeprint", () => print.prepare(data, table, rows));
  addEventListener("afterprint", print.clear);
  const coverage = byId("map") && new map.Coverage(data, new store.Table(data.coverage));
  follow();
  const charts = byId("charts") && new trend.Trend(data);

  const theme = byId("theme");
  theme.hidden = false;
  theme.addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : DARK.matches;
    root.dataset.theme = dark ? "light" : "dark";
    charts?.draw();
  });
  stay();
  requestAnimationFrame(stay);
  document.documentElement.dataset.ready = "";
})();
