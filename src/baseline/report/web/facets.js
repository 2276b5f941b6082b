"use strict";
// What narrows the findings down: a search, facets with counts, and what of them is chosen.
const facets = (() => {
  const { el, byId, number, share } = dom;
  const MANY = 9;
  const SOON = 120;

  class Filters {
    // `changed` is told whenever `chosen` is another.
    constructor(data, changed) {
      Object.assign(this, { data, changed, chosen: choice.initial() });
      this.words = byId("words");
      this.sort = byId("sort");
      for (const [name, title] of choice.SORTS) {
        this.sort.append(
          el("option", { value: name }, title),
          el("option", { value: `-${name}` }, `${title}, reversed`),
        );
      }
      this.words.addEventListener("input", () => {
        clearTimeout(this.soon);
        this.soon = setTimeout(() => this.set({}), SOON);
      });
      this.sort.addEventListener("change", () => {
        const descending = this.sort.value.startsWith("-");
        this.set({ sort: this.sort.value.replace(/^-/, ""), descending });
      });
      byId("filters").addEventListener("submit", (event) => event.preventDefault());
      byId("share").addEventListener("click", (event) => share(event.currentTarget));
      this.lists = choice.FACETS.map((facet) => new Facet(facet, this));
      byId("facets").append(...this.lists.map((list) => list.box));
      document.addEventListener("click", (event) =>
        this.closeOthers(event.target.closest?.("details.facet")),
      );
    }

    closeOthers(kept) {
      for (const { box } of this.lists) if (box !== kept) box.open = false;
    }

    // What is being typed counts at once when something else is chosen.
    set(change) {
      clearTimeout(this.soon);
      this.chosen = { ...this.chosen, words: this.words.value.trim(), ...change, finding: "" };
      this.changed();
    }

    toggle(name, value) {
      const values = new Set(this.chosen.facets[name]);
      if (!values.delete(value)) values.add(value);
      this.set({ facets: { ...this.chosen.facets, [name]: values } });
    }

    // What people call a value of a facet.
    name(facet, value) {
      if (facet === "account") return this.data.accounts[value]?.[0] || value;
      if (facet === "tool") return this.data.sources[value] ?? value;
      return value || "none";
    }

    show(counts) {
      byId("filters").hidden = false;
      if (document.activeElement !== this.words) this.words.value = this.chosen.words;
      this.sort.value = (this.chosen.descending ? "-" : "") + this.chosen.sort;
      for (const list of this.lists) list.show(counts[list.facet.name]);
      this.chips();
    }

    chips() {
      const chips = choice.FACETS.flatMap((facet) =>
        [...this.chosen.facets[facet.name]].map((value) => {
          const what = `${facet.title}: ${this.name(facet.name, value)}`;
          return el(
            "button.chip",
            {
              type: "button",
              "aria-label": `Remove ${what}`,
              onclick: () => this.toggle(facet.name, value),
            },
            what,
            el("i", { "aria-hidden": "true" }, "✕"),
          );
        }),
      );
      if (this.chosen.words) {
        chips.push(
          el(
            "button.chip",
            {
              type: "button",
              "aria-label": "Remove the search",
              onclick: () => {
                this.words.value = "";
                this.set({ words: "" });
              },
            },
            `“${this.chosen.words}”`,
            el("i", { "aria-hidden": "true" }, "✕"),
          ),
        );
      }
      if (choice.toLink({ ...this.chosen, finding: "" }) !== "#findings") {
        chips.push(
          el(
            "button.plain",
            {
              type: "button",
              onclick: () => {
                this.words.value = "";
                this.set(choice.initial());
              },
            },
            "Back to all that fails",
          ),
        );
      }
      byId("chips").replaceChildren(...chips);
    }
  }

  // One facet: a list of its options in a box that opens.
  class Facet {
    constructor(facet, filters) {
      Object.assign(this, { facet, filters, wanted: "" });
      this.list = el("ul");
      this.count = el("b");
      this.find = el("input", {
        type: "search",
        placeholder: "Find …",
        "aria-label": `Find in ${facet.title}`,
        oninput: () => {
          this.wanted = this.find.value.toLowerCase();
          this.draw();
        },
      });
      this.box = el(
        "details.facet",
        { ontoggle: () => this.box.open && this.draw(), onkeydown: (event) => this.key(event) },
        el("summary", {}, facet.title, this.count),
        el("div.panel", {}, this.find, this.list),
      );
    }

    key(event) {
      if (event.key !== "Escape" || !this.box.open) return;
      this.box.open = false;
      this.box.firstChild.focus();
    }

    show(counts) {
      const chosen = this.filters.chosen.facets[this.facet.name];
      this.counts = counts;
      this.box.hidden = counts.size < 2 && !chosen.size;
      this.count.textContent = chosen.size ? chosen.size : "";
      this.box.classList.toggle("on", chosen.size > 0);
      if (this.box.open) this.draw();
    }

    // Options that lead somewhere, the largest first; what is chosen stays.
    draw() {
      const chosen = this.filters.chosen.facets[this.facet.name];
      const named = [...this.counts].map(([value, count]) => ({
        value,
        count,
        name: this.filters.name(this.facet.name, value),
      }));
      this.find.hidden = named.length < MANY;
      const shown = named
        .filter(
          ({ value, name, count }) =>
            (count || chosen.has(value)) && `${name} ${value}`.toLowerCase().includes(this.wanted),
        )
        .sort((a, b) => b.count - a.count);
      const focused = this.list.contains(document.activeElement)
        ? document.activeElement.value
        : null;
      this.list.replaceChildren(
        ...shown.slice(0, 200).map((option) => this.option(option, chosen.has(option.value))),
      );
      if (focused !== null)
        [...this.list.querySelectorAll("input")].find((box) => box.value === focused)?.focus();
    }

    option({ value, name, count }, checked) {
      return el(
        "li",
        {},
        el(
          "label",
          {},
          el("input", {
            type: "checkbox",
            value,
            checked,
            onchange: () => this.filters.toggle(this.facet.name, value),
          }),
          el("span", {}, name),
          el("b", {}, number(count)),
        ),
      );
    }
  }

  return { Filters };
})();
