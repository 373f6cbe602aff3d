// Two periods side by side: which other one is meant, and how figures differ from it.

import { byId, make } from "wardline/dom";
import { asked, remember } from "wardline/page";
import { shift } from "wardline/period";
import { _, day, signed } from "wardline/text";

const ISO_DAY = /^\d{4}-\d{2}-\d{2}$/;
const KINDS = ["previous", "year", "own"];
const SAME_POINTS = 0.05;

function days({ from, to }) {
  return Math.round((Date.parse(to) - Date.parse(from)) / 86400000);
}

/** The same date a year before; 29 February becomes the 28th. */
function yearBefore(iso) {
  const [year, rest] = [Number(iso.slice(0, 4)) - 1, iso.slice(4)];
  const same = `${year}${rest}`;
  return rest === "-02-29" ? `${year}-02-28` : same;
}

/** The period that one is compared with, null for none. */
export function otherPeriod(kind, period, own) {
  if (kind === "previous") return { from: shift(period.from, -days(period)), to: period.from };
  if (kind === "year") return { from: yearBefore(period.from), to: shift(yearBefore(shift(period.to, -1)), 1) };
  return kind === "own" && own.from && own.to && own.from < own.to ? own : null;
}

/** Watch the choice of another period; returns a function from the page's period to the other one. */
export function watchComparison(change) {
  const form = byId("comparison");
  if (!form) return () => null;
  const fields = form.elements;
  const start = asked("compare");
  fields.compare.value = KINDS.includes(start) ? start : "";
  for (const [field, name, by] of [[fields["compare-from"], "compare_from", 0], [fields["compare-to"], "compare_to", -1]]) {
    const value = asked(name);
    if (ISO_DAY.test(value || "")) field.value = shift(value, by);
  }
  const own = () => {
    const [from, to] = [fields["compare-from"].value, fields["compare-to"].value];
    return { from, to: to ? shift(to, 1) : "" };
  };
  const showOwn = () => {
    byId("comparison-days").hidden = fields.compare.value !== "own";
  };
  form.addEventListener("change", () => {
    showOwn();
    const kind = fields.compare.value;
    const mine = kind === "own" ? own() : { from: null, to: null };
    remember({ compare: kind || null, compare_from: mine.from || null, compare_to: mine.to || null });
    change();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  showOwn();
  return (period) => otherPeriod(fields.compare.value, period, own());
}

/** A difference of two shares in points, with an arrow as well as a sign. */
export function difference(share, before) {
  const points = (share - before) * 100;
  const way = Math.abs(points) < SAME_POINTS ? "same" : points > 0 ? "up" : "down";
  const arrow = { same: "=", up: "▲", down: "▼" }[way];
  return make(
    "span",
    { class: `change change-${way} number`, "data-change": points.toFixed(1) },
    make("span", { "aria-hidden": "true" }, `${arrow} `),
    _("{n} points", { n: signed(points, 1) }),
  );
}

export function periodName({ from, to }) {
  const last = shift(to, -1);
  return from === last ? day(from) : _("{from} to {to}", { from: day(from), to: day(last) });
}
