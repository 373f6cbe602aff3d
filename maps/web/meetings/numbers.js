// What a period's meetings and visits came to, each number leading to its rows; and who visited for which duty.

import { ask, turns } from "wardline/api";
import { byId, make, replace } from "wardline/dom";
import { dutyName } from "wardline/meetings/rows";
import { _, count } from "wardline/text";

const [counting, judging] = [turns(), turns()];
const named = {
  "bench-meeting": () => _("bench meetings"),
  council: () => _("councils on a topic"),
  visit: () => _("visits"),
  served: () => _("people served"),
  opinions: () => _("opinions"),
  problems: () => _("problems"),
  solved: () => _("problems solved"),
  "solved-on-the-spot": () => _("solved there and then"),
  "solved-later": () => _("solved later"),
  actions: () => _("actions resolved"),
  requests: () => _("requests"),
};

function months(told) {
  const names = Object.keys(told);
  const head = make("tr", {}, make("th", {}, ""), ...names.map((name) => make("th", { scope: "col" }, name)));
  const rows = Object.keys(named).map((what) =>
    make("tr", {}, make("th", { scope: "row" }, named[what]()), ...names.map((name) => make("td", { class: "number" }, count(told[name][what])))),
  );
  return make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows));
}

/** Show the figures of a period; `list(title, rows)` shows the rows of one. */
export async function showFigures(period, list) {
  const newest = counting();
  const { total, months: told } = await ask("figures", "/api/v1/outreach/figures", period);
  if (!newest()) return;
  const rows = Object.keys(named).map((what) => {
    const { count: amount, rows: where } = total[what];
    const open = () => list(named[what](), where);
    return make(
      "li",
      {},
      make(
        "button",
        { class: "row", type: "button", "data-figure": what, on: { click: open } },
        make("span", { class: "row-title" }, named[what]()),
        make("span", { class: "row-value number" }, count(amount)),
      ),
    );
  });
  replace(byId("figures"), ...rows);
  byId("months").hidden = Object.keys(told).length === 0;
  replace(byId("months").querySelector(".wide"), months(told));
}

/** Show who visited for which duty and what falls short; `pick(code)` shows somebody's visits. */
export async function showDuties(period, pick) {
  const quota = Number(byId("quota").value) || 0;
  const newest = judging();
  const { items } = await ask("duties", "/api/v1/outreach/duties", { ...period, quota });
  if (!newest()) return;
  const short = items.filter((one) => Object.keys(one.missing).length);
  byId("duties-count").textContent = _("{n} of {all} fall short", { n: count(short.length), all: count(items.length) });
  const kinds = (one) => Object.keys(one.visits).length;
  const rows = [...items].sort((a, b) => Object.keys(b.missing).length - Object.keys(a.missing).length || a.representative.localeCompare(b.representative));
  replace(
    byId("duties"),
    ...rows.map((one) => {
      const missing = Object.entries(one.missing).map(([duty, n]) => `${dutyName(duty)} −${count(n)}`);
      return make(
        "li",
        {},
        make(
          "button",
          { class: "row", type: "button", "data-representative": one.representative, on: { click: () => pick(one.representative) } },
          make("span", { class: "row-title" }, `${one.representative} ${one.name}`),
          make("span", { class: "row-value number" }, _("{n} of {all} duties", { n: count(kinds(one) - missing.length), all: count(kinds(one)) })),
          make("span", { class: "row-note" }, missing.length ? _("missing: {duties}", { duties: missing.join(", ") }) : _("nothing is missing")),
        ),
      );
    }),
  );
}
