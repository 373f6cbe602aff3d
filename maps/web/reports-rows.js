// The rows behind a number, in a dialog: what each is, where, when, and what it counts for.

import { read, show } from "wardline/api";
import { byId, make, replace } from "wardline/dom";
import { _, count, day, instant } from "wardline/text";

const PAGE = 100;
let next = "";
let seen = 0;
let rows = 0;

function when(row) {
  if (row.at) return instant(row.at);
  if (row.done_at) return instant(row.done_at);
  return row.due_on ? day(row.due_on) : "–";
}

function line(row) {
  const where = typeof row.unit === "object" && row.unit ? row.unit.code : row.unit;
  const worth = row.value ?? 1;
  seen += worth;
  rows += 1;
  return make(
    "tr",
    {},
    make("th", { scope: "row" }, row.label || row.title || row.name || row.code || "–"),
    make("td", {}, where || row.code || "–"),
    make("td", { class: "n" }, when(row)),
    make("td", { class: "n" }, count(worth)),
  );
}

async function more() {
  try {
    const found = await read(next);
    byId("rows-body").append(...found.items.map(line));
    next = found.cursor ? withParameter(next, "cursor", found.cursor) : "";
    byId("rows-more").hidden = !next;
    byId("rows-sum").textContent = next
      ? _("{rows} rows so far, which add up to {sum}.", { rows: count(rows), sum: count(seen) })
      : _("{rows} rows, which add up to {sum}.", { rows: count(rows), sum: count(seen) });
  } catch (problem) {
    byId("rows").close();
    show(problem);
  }
}

function withParameter(where, name, value) {
  const address = new URL(where, window.location.origin);
  address.searchParams.set(name, value);
  return `${address.pathname}${address.search}`;
}

/** Open the dialog with the rows at an address. */
export async function openRows(title, where, district) {
  next = withParameter(withParameter(where, "district", district), "limit", PAGE);
  seen = 0;
  rows = 0;
  byId("rows-title").textContent = title;
  byId("rows-sum").textContent = "";
  replace(byId("rows-body"));
  byId("rows").showModal();
  await more();
}

/** A number that opens its rows. */
export function number(value, title, where, district) {
  return make("button", { class: "reports-number", type: "button", "aria-label": `${title}: ${count(value)}`, on: { click: () => openRows(title, where, district) } }, count(value));
}

byId("rows-close").addEventListener("click", () => byId("rows").close());
byId("rows-more").addEventListener("click", more);
