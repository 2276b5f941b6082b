"use strict";
// The details of one finding, in a dialog at the side.
const details = (() => {
  const { el, byId, day, away, beside } = dom;

  class Details {
    // `evidence` promises what the source says of a row.
    // `step` is asked for the finding before (-1) or after (1); `closed` when nobody looks any more.
    constructor(data, table, evidence, step, closed) {
      Object.assign(this, { data, table, evidence, step });
      this.known = new Map(data.details.map((each) => [`${each.tool} ${each.check}`, each]));
      this.dialog = byId("finding");
      this.dialog.addEventListener("close", closed);
      this.dialog.addEventListener(
        "click",
        (event) => event.target === this.dialog && this.dialog.close(),
      );
      this.dialog.addEventListener("keydown", (event) => {
        if (event.key === "ArrowLeft" || event.key === "ArrowRight")
          step(event.key === "ArrowLeft" ? -1 : 1);
      });
    }

    show(row, place, total) {
      const cell = (name) => (name in this.table.columns ? this.table.cell(row, name) : "");
      const check = this.known.get(`${cell("tool")} ${cell("check")}`) ?? {};
      const said = el("div", {});
      this.evidence(row).then((value) => value && said.append(raw(value)));
      this.dialog.replaceChildren(
        this.bar(place, total),
        el(
          "div.content",
          {},
          head(cell),
          this.facts(cell),
          text("Evidence", cell("detail")),
          said,
          text("Risk", marked(check.risk)),
          remediation(check),
          text("What the check looks at", marked(check.description)),
          frameworks(check.frameworks),
          this.links(cell),
        ),
      );
      if (!this.dialog.open) this.dialog.showModal();
      this.dialog.querySelector(".content").scrollTop = 0;
    }

    bar(place, total) {
      return el(
        "div.bar",
        {},
        el(
          "button",
          {
            type: "button",
            title: "The one before (←)",
            disabled: place < 1,
            onclick: () => this.step(-1),
          },
          "‹",
          el("span.hidden", {}, "The finding before"),
        ),
        el(
          "button",
          {
            type: "button",
            title: "The next one (→)",
            disabled: place < 0 || place >= total - 1,
            onclick: () => this.step(1),
          },
          "›",
          el("span.hidden", {}, "The next finding"),
        ),
        el(
          "span",
          {},
          place < 0 ? "not in this view" : `${dom.number(place + 1)} of ${dom.number(total)}`,
        ),
        el(
          "button.copy",
          { type: "button", onclick: (event) => dom.share(event.currentTarget) },
          "Copy link",
        ),
        el(
          "button.close",
          { type: "button", title: "Close (Esc)", onclick: () => this.dialog.close() },
          "✕",
          el("span.hidden", {}, "Close"),
        ),
      );
    }

    facts(cell) {
      const [name, ou] = this.data.accounts[cell("account_id")] ?? [cell("account_name"), ""];
      const code = (value) => value && el("code", {}, value);
      return facts([
        ["Account", [name, " ", code(cell("account_id"))]],
        ["Organizational unit", ou],
        ["Region", cell("region")],
        ["Resource", code(cell("resource"))],
        ["Kind of resource", cell("resource_type")],
        ["Found by", this.data.sources[cell("tool")] ?? cell("tool")],
        ["Check", code(cell("check"))],
        ["First seen", day(cell("first_seen"))],
        ["Last seen", day(cell("last_seen"))],
        ["Muted", cell("muted")],
        ["Id", code(cell("uid"))],
      ]);
    }

    links(cell) {
      const names = ["tool", "region", "check", "resource", "uid"];
      const there = awsConsole.links(Object.fromEntries(names.map((name) => [name, cell(name)])));
      const own = this.data.reports[`${cell("tool")} ${cell("account_id")}`] ?? [];
      const title = this.data.sources[cell("tool")] ?? cell("tool");
      const all = [
        ...there.map(([what, href]) => away(href, what)),
        ...own.map(([what, href]) => beside(href, `${title}’s own ${what}`)),
      ];
      return (
        all.length &&
        section(
          "Elsewhere",
          el(
            "ul.links",
            {},
            all.map((link) => el("li", {}, link)),
          ),
        )
      );
    }
  }

  const head = (cell) =>
    el(
      "header",
      {},
      el(
        "p",
        {},
        badge(cell("severity"), cell("severity")),
        " ",
        badge(cell("status"), cell("status").toLowerCase()),
        " ",
        cell("change") && badge(cell("change"), `change ${cell("change")}`),
      ),
      el("h2", { id: "finding-title" }, cell("title")),
    );

  const badge = (value, kind) => {
    const made = el("span", {}, value || "none");
    made.className = `badge ${kind || "plain"}`;
    return made;
  };

  const facts = (rows) =>
    el(
      "dl",
      {},
      rows
        .filter(([, value]) => value && value.length !== 0)
        .map(([name, value]) => [el("dt", {}, name), el("dd", {}, ...[value].flat())]),
    );

  const section = (title, ...children) => el("section", {}, el("h3", {}, title), ...children);
  const text = (title, value) => value && section(title, el("p.text", {}, value));

  // What a tool says of its checks has Markdown's marks for what is strong, and for code.
  function marked(words) {
    if (!words) return null;
    return words.split(/(\*\*[^*\n]+\*\*|`[^`\n]+`)/).map((part) => {
      if (/^\*\*.+\*\*$/.test(part)) return el("strong", {}, part.slice(2, -2));
      return /^`.+`$/.test(part) ? el("code", {}, part.slice(1, -1)) : part;
    });
  }

  // Evidence of a source in its own shape, made readable where it is JSON.
  function raw(value) {
    let shown = value;
    try {
      shown = JSON.stringify(JSON.parse(value), null, 2);
    } catch {
      /* text stays as it is */
    }
    return el(
      "details",
      {},
      el("summary", {}, "What the source says"),
      el("pre", { tabIndex: 0 }, shown),
    );
  }

  function remediation({ remediation: what, remediation_url: url }) {
    if (!what && !url) return null;
    return section(
      "What helps",
      what && el("p.text", {}, marked(what)),
      url && el("p", {}, away(url, url)),
    );
  }

  function frameworks(names = []) {
    if (!names.length) return null;
    return section(
      "Compliance frameworks",
      el(
        "ul.tags",
        {},
        names.map((name) => el("li", {}, name)),
      ),
    );
  }

  return { Details, badge };
})();
