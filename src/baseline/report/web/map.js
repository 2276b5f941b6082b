"use strict";
// The coverage map: a row an account, a column a region; a square says the worst of what is chosen.
const map = (() => {
  const { el, byId, number } = dom;
  const WORST = ["FAIL", "UNKNOWN", "PASS"];
  const SIGN = { FAIL: "✕", UNKNOWN: "?", PASS: "" };
  const SAID = { FAIL: "gap", UNKNOWN: "not seen", PASS: "covered" };
  const FEW = 40;
  // Pixels of the names of accounts, and of a square.
  const [NAMES, WIDEST, NARROWEST] = [300, 90, 38];

  class Coverage {
    constructor(data, table) {
      Object.assign(this, { data, table, service: "" });
      this.accounts = [...new Set(table.columns.account_id.values)];
      this.regions = table.columns.region.values.toSorted();
      this.services = table.columns.service.values.toSorted();
      this.body = el("div.scroll", { tabIndex: 0, role: "region", "aria-label": "Coverage map" });
      this.all = el("input", {
        type: "checkbox",
        checked: this.accounts.length <= FEW,
        onchange: () => this.changed(),
      });
      byId("map").replaceChildren(this.head(), this.body);
      this.dialog = byId("place");
      this.dialog.addEventListener(
        "click",
        (event) => event.target === this.dialog && this.dialog.close(),
      );
      this.draw();
    }

    head() {
      const every = ["", ...this.services].map((service) =>
        el(
          "label.pick",
          {},
          el("input", {
            type: "radio",
            name: "service",
            value: service,
            checked: service === "",
            onchange: () => {
              this.service = service;
              this.changed();
            },
          }),
          el("span", {}, service || "All services", el("b", {}, share(this.count(service)))),
        ),
      );
      return el(
        "div.maphead",
        {},
        el("fieldset.picks", {}, el("legend.hidden", {}, "Service"), every),
        el("label.switch", {}, this.all, "Show accounts without gaps"),
      );
    }

    changed() {
      const link = new URLSearchParams({ service: this.service, all: this.all.checked });
      history.replaceState(null, "", `#coverage?${link}`);
      this.draw();
    }

    // Show what a link says.
    follow(text) {
      const given = new URLSearchParams(text);
      const service = given.get("service") ?? "";
      for (const pick of byId("map").querySelectorAll("[name=service]")) {
        pick.checked = pick.value === service;
        if (pick.checked) this.service = service;
      }
      if (given.has("all")) this.all.checked = given.get("all") === "true";
      this.draw();
    }

    count(service) {
      const { status, service: of } = this.table.columns;
      const found = { PASS: 0, FAIL: 0, UNKNOWN: 0 };
      for (let row = 0; row < this.table.count; row++) {
        if (!service || of.values[of.codes[row]] === service)
          found[status.values[status.codes[row]]]++;
      }
      return found;
    }

    // For each account and region the worst answer of the chosen service.
    worst() {
      const found = new Map(this.accounts.map((id) => [id, new Map()]));
      for (let row = 0; row < this.table.count; row++) {
        if (this.service && this.table.cell(row, "service") !== this.service) continue;
        const regions = found.get(this.table.cell(row, "account_id"));
        const region = this.table.cell(row, "region");
        const status = this.table.cell(row, "status");
        const before = regions.get(region);
        if (!before || WORST.indexOf(status) < WORST.indexOf(before)) regions.set(region, status);
      }
      return found;
    }

    draw() {
      const worst = this.worst();
      const units = Map.groupBy(this.accounts, (id) => this.data.accounts[id]?.[1] ?? "");
      const rows = [...units.keys()]
        .sort()
        .flatMap((unit) => this.unit(unit, units.get(unit), worst));
      const corner = el("td", {}, el("span.hidden", {}, "Account"));
      const heads = this.regions.map((region) =>
        el("th", { scope: "col" }, el("span", {}, region)),
      );
      const caption = `Coverage of ${this.service || "all services"} by account and region`;
      const table = el(
        "table.map",
        {},
        el("caption.hidden", {}, caption),
        el("thead", {}, el("tr", {}, corner, heads)),
        ...rows,
      );
      // Squares, not stripes, where there are few regions.
      table.style.maxWidth = `${NAMES + WIDEST * this.regions.length}px`;
      table.style.minWidth = `${NAMES / 2 + NARROWEST * this.regions.length}px`;
      this.body.replaceChildren(table);
    }

    unit(unit, accounts, worst) {
      const complete = (id) => [...worst.get(id).values()].every((status) => status === "PASS");
      const shown = accounts.filter((id) => this.all.checked || !complete(id));
      const totals = this.regions.map((region) => this.total(accounts, region, worst));
      return el(
        "tbody",
        {},
        el(
          "tr.unit",
          {},
          el(
            "th",
            { scope: "rowgroup" },
            unitName(unit),
            el(
              "small",
              {},
              `${number(accounts.length)} account${accounts.length === 1 ? "" : "s"}${shown.length < accounts.length ? `, ${number(accounts.length - shown.length)} covered` : ""}`,
            ),
          ),
          totals,
        ),
        shown.map((id) => this.account(id, worst.get(id))),
      );
    }

    // How many of the accounts are covered in a region.
    total(accounts, region, worst) {
      const found = accounts.map((id) => worst.get(id).get(region)).filter(Boolean);
      const covered = found.filter((status) => status === "PASS").length;
      const state = WORST.find((status) => found.includes(status)) ?? "none";
      const cell = el(
        "td",
        { title: `${region}: ${covered} of ${found.length} covered` },
        found.length ? (covered === found.length ? "✓" : `${covered}/${found.length}`) : "",
      );
      cell.className = `total ${state.toLowerCase()}`;
      return cell;
    }

    account(id, regions) {
      const name = this.data.accounts[id]?.[0] || id;
      const cells = this.regions.map((region) => {
        const status = regions.get(region);
        if (!status) return el("td.none", { title: `${name}, ${region}: nothing is wanted here` });
        const cell = el(
          "td",
          { title: `${name}, ${region}: ${SAID[status]}`, onclick: () => this.open(id) },
          el("i", { "aria-hidden": "true" }, SIGN[status]),
          el("span.hidden", {}, SAID[status]),
        );
        cell.className = status.toLowerCase();
        return cell;
      });
      return el(
        "tr",
        {},
        el(
          "th",
          { scope: "row" },
          el("button", { type: "button", onclick: () => this.open(id) }, name),
        ),
        cells,
      );
    }

    // All that is not as it should be in an account, what is alike together.
    open(id) {
      const [name, ou] = this.data.accounts[id] ?? [id, ""];
      const groups = Map.groupBy(this.problems(id), (each) =>
        JSON.stringify([each.service, each.check, each.status, each.detail, each.remedy]),
      );
      const rows = [...groups.values()].map((group) =>
        problem(
          group[0],
          group.map(({ region }) => region),
        ),
      );
      this.dialog.replaceChildren(
        el(
          "div.bar",
          {},
          el("span", {}, "Coverage"),
          el(
            "button.close",
            { type: "button", title: "Close (Esc)", onclick: () => this.dialog.close() },
            "✕",
            el("span.hidden", {}, "Close"),
          ),
        ),
        el(
          "div.content",
          {},
          el(
            "header",
            {},
            el("h2", { id: "place-title" }, name, " ", el("code", {}, id)),
            el("p", {}, ou),
          ),
          rows.length ? rows : el("p", {}, "Everything is as it should be, in every region."),
        ),
      );
      this.dialog.showModal();
    }

    problems(id) {
      const found = [];
      for (let row = 0; row < this.table.count; row++) {
        if (this.table.cell(row, "account_id") !== id || this.table.cell(row, "status") === "PASS")
          continue;
        const names = Object.keys(this.table.columns);
        found.push(
          Object.fromEntries(names.map((column) => [column, this.table.cell(row, column)])),
        );
      }
      return found.sort((a, b) => WORST.indexOf(a.status) - WORST.indexOf(b.status));
    }
  }

  const problem = ({ service, check, status, detail, remedy }, regions) =>
    el(
      "section",
      {},
      el("h3", {}, details.badge(SAID[status], status.toLowerCase()), ` ${service}: ${check}`),
      el("p.text", {}, detail),
      remedy && el("p", {}, el("em", {}, remedy)),
      el("p", {}, el("small", {}, regions.sort().join(", "))),
    );

  const unitName = (unit) => (unit === "/" ? "/ (root)" : unit || "not of the organization");

  function share({ PASS, FAIL, UNKNOWN }) {
    const part = (100 * PASS) / (PASS + FAIL + UNKNOWN);
    return FAIL + UNKNOWN ? `${Math.min(part, 99.9).toFixed(1)} %` : "✓";
  }

  return { Coverage };
})();
