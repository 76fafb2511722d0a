// The tables: sorted by need as they come, or by a column; filtered; at most PAGE rows until asked for more.

import { badge, byId, make, write, SIGNS } from "./draw.js";

const PAGE = 50;
const number = (text) => Number(String(text).replaceAll(",", "")) || 0;
const UNITS = { s: 1, min: 60, h: 3600, d: 86400 };
const seconds = (text) => {
  const [count, unit] = text.split(" ");
  return text ? Number(count) * UNITS[unit] : -1;
};
const COLUMNS = [
  { key: "table", name: "Table", sort: (row) => row.table },
  { key: "phase", name: "Phase", sort: (row) => row.phase },
  { key: "share", name: "Copied", sort: (row) => row.share },
  { key: "items", name: "Items", number: true, sort: (row) => number(row.items) },
  { key: "changes_per_second", name: "Changes/s", number: true, sort: (row) => number(row.changes_per_second) },
  { key: "lag", name: "Lag", number: true, sort: (row) => seconds(row.lag) },
  { key: "dead_letters", name: "Dead", number: true, sort: (row) => number(row.dead_letters) },
  { key: "check", name: "Last check", sort: (row) => row.check },
];
const state = { rows: [], filter: "", openOnly: false, all: false, column: "", down: false };

export function showTables(rows) {
  state.rows = rows;
  draw();
}

export function prepareTables() {
  byId("columns").replaceChildren(...COLUMNS.map(heading));
  byId("filter").addEventListener("input", (event) => change({ filter: event.target.value.toLowerCase() }));
  byId("open-only").addEventListener("change", (event) => change({ openOnly: event.target.checked }));
  byId("more").addEventListener("click", () => change({ all: !state.all }));
}

function heading(column) {
  const button = make("button", { type: "button" }, column.name);
  button.addEventListener("click", () => sortBy(column.key));
  return make("th", { scope: "col", role: "columnheader", class: column.number && "number", "data-key": column.key }, button);
}

// Ascending, descending, then again by need.
function sortBy(key) {
  const same = state.column === key;
  change({ column: same && state.down ? "" : key, down: same && !state.down });
  for (const cell of byId("columns").children) {
    const sorted = cell.dataset.key === state.column ? (state.down ? "descending" : "ascending") : "none";
    cell.setAttribute("aria-sort", sorted);
  }
}

function change(values) {
  Object.assign(state, values);
  draw();
}

function chosen() {
  const open = (row) => row.level === "bad" || row.level === "warn";
  const fits = (row) => row.table.toLowerCase().includes(state.filter) && (!state.openOnly || open(row));
  const rows = state.rows.filter(fits);
  const column = COLUMNS.find((each) => each.key === state.column);
  if (!column) return rows;
  const order = (a, b) => (column.sort(a) < column.sort(b) ? -1 : column.sort(a) > column.sort(b) ? 1 : 0);
  return rows.sort((a, b) => (state.down ? order(b, a) : order(a, b)));
}

function draw() {
  const rows = chosen(), shown = state.all ? rows : rows.slice(0, PAGE);
  byId("rows").replaceChildren(...shown.map(drawRow));
  const some = rows.length < state.rows.length;
  write("shown", some ? `${rows.length} of ${state.rows.length}` : `${rows.length} ${rows.length === 1 ? "table" : "tables"}`);
  byId("more").hidden = rows.length <= PAGE;
  write("more", state.all ? "Show fewer" : `Show all ${rows.length}`);
}

function drawRow(row) {
  const cell = (name, numeric, ...children) =>
    make("td", { role: "cell", class: numeric && "number", "data-label": name }, ...children);
  const share = make("progress", { max: 1, value: row.share, "aria-label": `${row.table}: copied` });
  const left = row.left && make("small", {}, ` ${row.left} left`);
  return make(
    "tr",
    { role: "row", "data-table": row.table },
    make("th", { scope: "row", role: "rowheader" }, row.table, row.attention && make("small", {}, ` ${row.attention}`)),
    cell("Phase", false, badge(`${SIGNS[row.level]} ${row.phase}`, row.level)),
    cell("Copied", false, share, make("small", {}, `${Math.floor(row.share * 100)} %`), left),
    cell("Items", true, row.items),
    cell("Changes/s", true, row.changes_per_second),
    cell("Lag", true, row.lag || "-"),
    cell("Dead", true, row.dead_letters),
    cell("Last check", false, row.check ? badge(row.check, row.check_level) : "-"),
  );
}
