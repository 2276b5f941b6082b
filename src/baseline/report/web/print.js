"use strict";
// On paper there is no scrolling: the first rows of what is chosen, as a plain table.
const print = (() => {
  const { el, byId, number } = dom;
  const MOST = 250;

  function prepare(data, table, rows) {
    const cell = (row, name) => table.cell(row, name);
    const lines = Array.from(rows.subarray(0, MOST), (row) =>
      el(
        "tr",
        {},
        el(
          "td",
          {},
          details.badge(cell(row, "severity"), cell(row, "severity")),
          el("br"),
          cell(row, "status"),
        ),
        el(
          "td",
          {},
          el("strong", {}, cell(row, "title")),
          el("br"),
          cell(row, "detail"),
          el("br"),
          el("code", {}, cell(row, "resource")),
        ),
        el(
          "td",
          {},
          data.accounts[cell(row, "account_id")]?.[0] || cell(row, "account_name"),
          el("br"),
          el("code", {}, cell(row, "account_id")),
        ),
        el("td", {}, cell(row, "region")),
        el("td", {}, data.sources[cell(row, "tool")] ?? cell(row, "tool")),
      ),
    );
    const heads = ["Severity", "Finding", "Account", "Region", "Tool"];
    byId("printed").replaceChildren(
      el(
        "table",
        {},
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            heads.map((name) => el("th", { scope: "col" }, name)),
          ),
        ),
        el("tbody", {}, lines),
      ),
      el(
        "p",
        {},
        rows.length > MOST
          ? `The first ${MOST} of ${number(rows.length)}: the rest is on the screen and in the files.`
          : "",
      ),
    );
  }

  return { prepare, clear: () => byId("printed").replaceChildren() };
})();
