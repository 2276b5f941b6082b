"use strict";
// The page's data: compressed JSON, and tables whose columns have each distinct value once.
const store = (() => {
  async function open(text) {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).json();
  }

  class Table {
    constructor(columns) {
      this.columns = {};
      for (const [name, { values, codes }] of Object.entries(columns)) {
        this.columns[name] = { values, codes: Uint32Array.from(codes) };
      }
      this.count = Object.values(this.columns)[0]?.codes.length ?? 0;
    }

    // A column more, which follows from another one.
    derive(name, from, make) {
      const { values, codes } = this.columns[from];
      const numbers = new Map();
      const each = values.map((value) => {
        const made = make(value);
        if (!numbers.has(made)) numbers.set(made, numbers.size);
        return numbers.get(made);
      });
      this.columns[name] = { values: [...numbers.keys()], codes: codes.map((code) => each[code]) };
    }

    // A column more, of what two others say together.
    join(name, first, second) {
      const [one, two] = [this.columns[first], this.columns[second]];
      const numbers = new Map();
      const values = [];
      const codes = one.codes.map((code, row) => {
        const pair = code * two.values.length + two.codes[row];
        if (!numbers.has(pair)) {
          numbers.set(pair, values.length);
          values.push(`${one.values[code]} ${two.values[two.codes[row]]}`);
        }
        return numbers.get(pair);
      });
      this.columns[name] = { values, codes };
    }

    cell(row, name) {
      const column = this.columns[name];
      return column.values[column.codes[row]];
    }

    // For each value of a column its place among them, in the order that `compare` says.
    ranks(name, compare) {
      const { values } = this.columns[name];
      const places = values.map((_, place) => place).sort((a, b) => compare(values[a], values[b]));
      const ranks = new Uint32Array(values.length);
      places.forEach((place, rank) => {
        const same = rank && !compare(values[places[rank - 1]], values[place]);
        ranks[place] = same ? ranks[places[rank - 1]] : rank;
      });
      return ranks;
    }

    // All rows by a column; rows that are equal in it keep the order of `before`.
    sorted(name, compare, descending, before) {
      const { codes } = this.columns[name];
      const ranks = this.ranks(name, compare);
      const last = ranks.length;
      const keys = new Float64Array(this.count);
      before.forEach((row, place) => {
        const rank = ranks[codes[row]];
        keys[place] = (descending ? last - rank : rank) * this.count + place;
      });
      return Uint32Array.from(keys.sort(), (key) => before[key % this.count]);
    }
  }

  return { open, Table };
})();
