"use strict";
// The table of findings: SlickGrid over rows that are made when they come into sight.
const grid = (() => {
  const { el, byId } = dom;
  const NARROW = matchMedia("(max-width: 60rem)");
  const PAPER = matchMedia("print");
  const ROW = { wide: 54, narrow: 104 };

  class Grid {
    // `opened` is told a place in the rows, `sorted` a column.
    constructor(data, table, opened, sorted) {
      Object.assign(this, { data, table, opened, sorted, rows: [] });
      this.box = byId("grid");
      // Tab leaves the table, as it does every table; the arrow keys move in it.
      const leave = (event) => event.key === "Tab" && event.stopPropagation();
      this.box.addEventListener("keydown", leave, true);
      NARROW.addEventListener("change", () => PAPER.matches || this.make());
      new ResizeObserver(() => this.fit()).observe(this.box);
    }

    make() {
      this.grid?.destroy();
      this.box.replaceChildren();
      this.height = NARROW.matches ? ROW.narrow : ROW.wide;
      const source = {
        getLength: () => this.rows.length,
        getItem: (place) => ({ row: this.rows[place] }),
        getItemMetadata: () => null,
      };
      this.grid = new vendor.SlickGrid(this.box, source, this.columns(), {
        rowHeight: this.height,
        headerRowHeight: 0,
        enableColumnReorder: false,
        enableTextSelectionOnCells: true,
        enableHtmlRendering: false,
        forceFitColumns: true,
        fullWidthRows: true,
        showColumnHeader: !NARROW.matches,
        emulatePagingWhenScrolling: false,
      });
      this.listen();
      this.describe();
      this.fit();
    }

    listen() {
      this.grid.onClick.subscribe((_, at) => this.opened(at.row));
      this.grid.onKeyDown.subscribe((event, at) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        event.stopImmediatePropagation();
        this.opened(at.row);
      });
      this.grid.onActiveCellChanged.subscribe((_, at) => this.hold(at));
      this.grid.onSort.subscribe((_, { sortCol, sortAsc }) =>
        this.sorted(sortCol.sortBy, !sortAsc),
      );
      this.grid.onRendered.subscribe(() => this.number());
    }

    // The keyboard is where the active cell is, so that a screen reader says what is in it.
    hold(at) {
      this.canvas.tabIndex = at?.row == null ? 0 : -1;
      for (const cell of this.canvas.querySelectorAll('.slick-cell[tabindex="0"]'))
        cell.tabIndex = -1;
      const cell = this.grid.getActiveCellNode();
      if (!cell) return;
      cell.tabIndex = 0;
      if (this.box.contains(document.activeElement)) cell.focus({ preventScroll: true });
    }

    // What SlickGrid leaves to be said to who cannot see it, and takes of the Tab key.
    describe() {
      this.canvas = this.box.querySelector(".grid-canvas-left.grid-canvas-top");
      for (const part of this.box.querySelectorAll('[tabindex="0"]'))
        part.removeAttribute("tabindex");
      this.canvas.setAttribute("role", "rowgroup");
      this.canvas.tabIndex = 0;
      this.canvas.addEventListener(
        "focus",
        () => this.rows.length && this.grid.setActiveCell(this.place ?? this.top(), 0),
      );
      this.box.setAttribute("aria-label", "Findings: arrow keys move, Enter shows the details");
      this.box.setAttribute("aria-colcount", this.grid.getColumns().length);
      for (const head of this.box.querySelectorAll(".slick-header-sortable")) this.sortable(head);
    }

    top() {
      return Math.min(this.grid.getViewport().top, this.rows.length - 1);
    }

    sortable(head) {
      head.tabIndex = 0;
      head.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        head.click();
      });
    }

    number() {
      this.box.setAttribute("aria-rowcount", this.rows.length + 1);
      for (const row of this.canvas.querySelectorAll(".slick-row:not([aria-rowindex])")) {
        row.setAttribute("aria-rowindex", Number(row.dataset.row) + 2);
      }
    }

    show(rows, { sort, descending }) {
      this.rows = rows;
      this.place = undefined;
      if (!this.grid) this.make();
      this.grid.resetActiveCell();
      this.grid.setSortColumns([{ columnId: sort, sortAsc: !descending }]);
      for (const head of this.box.querySelectorAll(".slick-header-column")) {
        const its = head.dataset.id === sort;
        head.setAttribute("aria-sort", its ? (descending ? "descending" : "ascending") : "none");
      }
      this.grid.invalidateAllRows();
      this.grid.updateRowCount();
      this.grid.scrollRowToTop(0);
      this.fit();
      this.grid.render();
    }

    // As high as its rows, as far as the window is.
    fit() {
      if (!this.grid) return;
      const wanted = this.rows.length * this.height + (NARROW.matches ? 4 : 44);
      const most = Math.max(360, window.innerHeight * 0.78);
      this.box.style.height = `${Math.max(140, Math.min(wanted, most))}px`;
      this.grid.resizeCanvas();
      this.grid.autosizeColumns();
    }

    // Back to a row, after its details.
    focus(place) {
      this.place = place;
      if (place < 0 || place >= this.rows.length) return;
      this.grid.scrollRowIntoView(place);
      this.grid.setActiveCell(place, 0);
      this.grid.getActiveCellNode()?.focus({ preventScroll: true });
    }

    columns() {
      const column = (id, name, width, show, more = {}) => ({
        id,
        name,
        width,
        minWidth: Math.min(width, 90),
        sortable: true,
        sortBy: id,
        field: "row",
        formatter: (_, __, row) => show(row),
        ...more,
      });
      if (NARROW.matches) return [column("narrow", "Finding", 300, (row) => this.narrow(row))];
      return [
        column("severity", "Severity", 118, (row) => this.severity(row), { maxWidth: 140 }),
        column("title", "Finding", 470, (row) =>
          two(this.cell(row, "title"), short(this.cell(row, "resource")), "strong", "code"),
        ),
        column("account_name", "Account", 190, (row) =>
          two(this.account(row), this.cell(row, "account_id"), "span", "code"),
        ),
        column("region", "Region", 138, (row) =>
          two(this.cell(row, "region"), this.cell(row, "service")),
        ),
        column("tool", "Tool", 104, (row) => this.tool(row), { maxWidth: 130 }),
        column("change", "State", 162, (row) => this.state(row), { maxWidth: 180 }),
      ];
    }

    cell(row, name) {
      return this.table.cell(row, name);
    }

    account(row) {
      return (
        this.data.accounts[this.cell(row, "account_id")]?.[0] || this.cell(row, "account_name")
      );
    }

    tool(row) {
      return el("span", {}, this.data.sources[this.cell(row, "tool")] ?? this.cell(row, "tool"));
    }

    severity(row) {
      return details.badge(this.cell(row, "severity"), this.cell(row, "severity"));
    }

    state(row) {
      const status = this.cell(row, "status");
      const change = this.cell(row, "change");
      const lines = el("span.states");
      lines.append(details.badge(status, status.toLowerCase()));
      if (["new", "reopened"].includes(change))
        lines.append(details.badge(change, `change ${change}`));
      return lines;
    }

    narrow(row) {
      return el(
        "div.narrow",
        {},
        el(
          "div.first",
          {},
          this.severity(row),
          this.state(row),
          el("span.quiet", {}, this.account(row)),
        ),
        el("strong", {}, this.cell(row, "title")),
        el("code", {}, short(this.cell(row, "resource"))),
      );
    }
  }

  const two = (first, second, tag = "span", other = "small") =>
    el("div.two", {}, el(tag, {}, first), el(other, {}, second));

  // The part of an ARN that tells it from others in its account.
  const short = (resource) =>
    resource.startsWith("arn:") ? resource.split(":").slice(5).join(":") : resource;

  return { Grid };
})();
