"use strict";
// Which findings are chosen, and in which order; a choice is a link, and a link is a choice.
const choice = (() => {
  const ANY = "any";
  const TEXT = 1 << 31;
  const SEARCHED = [
    "title",
    "resource",
    "detail",
    "account_id",
    "account_name",
    "region",
    "service",
    "check",
    "uid",
    "ou",
    "muted",
  ];
  const FACETS = [
    { name: "severity", title: "Severity" },
    { name: "status", title: "Status", initial: ["FAIL"] },
    { name: "ou", title: "OU" },
    { name: "account", title: "Account", column: "account_id" },
    { name: "region", title: "Region" },
    { name: "service", title: "Service" },
    { name: "tool", title: "Tool" },
    { name: "change", title: "Change" },
    // What a framework says of a check it says of the check of one tool.
    { name: "framework", title: "Framework", column: "tool check" },
    { name: "check", title: "Check" },
  ];
  const SORTS = [
    ["severity", "severity"],
    ["title", "finding"],
    ["account_name", "account"],
    ["region", "region"],
    ["service", "service"],
    ["tool", "tool"],
    ["change", "change"],
    ["resource", "resource"],
    ["first_seen", "first seen"],
  ];

  const initial = () => ({
    words: "",
    sort: "severity",
    descending: false,
    finding: "",
    facets: Object.fromEntries(FACETS.map((f) => [f.name, new Set(f.initial)])),
  });

  function fromLink(text) {
    const chosen = initial();
    const given = new URLSearchParams(text);
    for (const facet of FACETS) {
      if (!given.has(facet.name)) continue;
      chosen.facets[facet.name] = new Set(given.getAll(facet.name).filter((one) => one !== ANY));
    }
    chosen.words = given.get("words") ?? "";
    chosen.finding = given.get("finding") ?? "";
    const sort = given.get("sort") ?? "severity";
    chosen.descending = sort.startsWith("-");
    if (SORTS.some(([name]) => name === sort.replace(/^-/, "")))
      chosen.sort = sort.replace(/^-/, "");
    return chosen;
  }

  function toLink(chosen) {
    const given = new URLSearchParams();
    if (chosen.words) given.set("words", chosen.words);
    for (const facet of FACETS) {
      const values = [...chosen.facets[facet.name]];
      if (same(values, facet.initial ?? [])) continue;
      for (const value of values.length ? values : [ANY]) given.append(facet.name, value);
    }
    if (chosen.sort !== "severity" || chosen.descending) {
      given.set("sort", (chosen.descending ? "-" : "") + chosen.sort);
    }
    if (chosen.finding) given.set("finding", chosen.finding);
    return given.size ? `#findings?${given}` : "#findings";
  }

  const same = (some, others) =>
    some.length === others.length && some.every((one) => others.includes(one));

  class Chooser {
    constructor(table, severities, frameworks) {
      this.table = table;
      // What an option stands for: a value of its column, or several.
      this.options = Object.fromEntries(
        FACETS.map((f) => [f.name, plain(table, f.column ?? f.name)]),
      );
      this.options.framework = table.columns["tool check"].values.map(
        (check) => frameworks.get(check) ?? [],
      );
      this.orders = { severity: byPlace(severities), change: byPlace(["new", "reopened", "open"]) };
      this.worst = this.order(
        "change",
        false,
        Uint32Array.from({ length: table.count }, (_, i) => i),
      );
      this.worst = this.order("severity", false, this.worst);
      this.sorted = { key: "severity", rows: this.worst };
      this.lower = {};
    }

    order(name, descending, before = this.worst) {
      return this.table.sorted(name, this.orders[name] ?? plainly, descending, before);
    }

    // Rows in their order, and how many rows each option of each facet would leave.
    choose(chosen) {
      const failed = new Int32Array(this.table.count);
      for (const [bit, facet] of FACETS.entries()) {
        this.mark(failed, facet, 1 << bit, chosen.facets[facet.name]);
      }
      for (const word of chosen.words.toLowerCase().split(/\s+/))
        if (word) this.search(failed, word);
      const rows = this.inOrder(chosen).filter((row) => !failed[row]);
      return { rows, counts: this.count(failed) };
    }

    mark(failed, facet, bit, values) {
      if (!values.size) return;
      const options = this.options[facet.name];
      const allowed = Uint8Array.from(options, (option) => option.some((one) => values.has(one)));
      const { codes } = this.table.columns[facet.column ?? facet.name];
      for (let row = 0; row < failed.length; row++) if (!allowed[codes[row]]) failed[row] |= bit;
    }

    search(failed, word) {
      const columns = SEARCHED.filter((name) => name in this.table.columns).map((name) => {
        this.lower[name] ??= this.table.columns[name].values.map((value) => value.toLowerCase());
        const hits = Uint8Array.from(this.lower[name], (value) => value.includes(word));
        return { codes: this.table.columns[name].codes, hits };
      });
      for (let row = 0; row < failed.length; row++) {
        if (!columns.some(({ codes, hits }) => hits[codes[row]])) failed[row] |= TEXT;
      }
    }

    inOrder({ sort, descending }) {
      const key = `${descending}${sort}`;
      if (this.sorted.key !== key) this.sorted = { key, rows: this.order(sort, descending) };
      return this.sorted.rows;
    }

    count(failed) {
      return Object.fromEntries(
        FACETS.map((facet, bit) => {
          const column = this.table.columns[facet.column ?? facet.name];
          const found = new Uint32Array(column.values.length);
          for (let row = 0; row < failed.length; row++) {
            if ((failed[row] & ~(1 << bit)) === 0) found[column.codes[row]]++;
          }
          return [facet.name, this.byOption(facet, found)];
        }),
      );
    }

    byOption(facet, found) {
      const counts = new Map();
      this.options[facet.name].forEach((options, value) => {
        for (const one of options) counts.set(one, (counts.get(one) ?? 0) + found[value]);
      });
      return counts;
    }
  }

  const plain = (table, name) => table.columns[name].values.map((value) => [value]);
  const plainly = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  const place = (names, name) => (names.includes(name) ? names.indexOf(name) : names.length);
  const byPlace = (names) => (a, b) => place(names, a) - place(names, b) || plainly(a, b);

  return { FACETS, SORTS, Chooser, initial, fromLink, toLink };
})();
