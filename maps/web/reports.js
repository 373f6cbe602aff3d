// Reports: a period and the one before it, month by month, and its plan. All of it is written as text.

import { address, read, show } from "wardline/api";
import { announce, byId, make, replace } from "wardline/dom";
import { asked, page, remember } from "wardline/page";
import { shift, today } from "wardline/period";
import { bars, pair } from "wardline/reports-charts";
import { beginMaking } from "wardline/reports-making";
import { showPlan } from "wardline/reports-plan";
import { number } from "wardline/reports-rows";
import { _, count, day, decimal, signed } from "wardline/text";

const REPORTS = "/api/v1/reports";
const HALF = 6;
let plans = [];
let turn = 0;

function halfYear(iso) {
  const [year, month] = iso.split("-").map(Number);
  const first = Math.floor((month - 1) / HALF) * HALF;
  const of = (months) => new Date(Date.UTC(year, months, 1)).toISOString().slice(0, 10);
  return { first: of(first), last: shift(of(first + HALF), -1) };
}

function days() {
  return { from: byId("first").value, to: shift(byId("last").value, 1), unit: byId("unit").value.trim() };
}

function rate(value) {
  return value === null ? "–" : _("{n} %", { n: decimal(value, 1) });
}

function paintRates(rates) {
  replace(
    byId("rates"),
    ...Object.entries(page.words.rates).map(([key, label]) => {
      const { before: old, now } = rates[key];
      const change = old === null || now === null ? "" : _("{n} points", { n: signed(now - old, 1) });
      return make("div", { "data-rate": key }, make("dt", {}, label), make("dd", {}, rate(now), " ", make("small", { class: "faint" }, change)));
    }),
  );
}

function comparedRow(key, one) {
  const { label, unit } = page.words.labels[key];
  const change = one.change_percent === null ? "–" : signed(one.change_percent, 1);
  return make(
    "tr",
    { "data-figure": key },
    make("th", { scope: "row" }, label, " ", unit.toLowerCase() === label.toLowerCase() ? null : make("small", { class: "faint" }, unit)),
    make("td", { class: "reports-bars" }, one.before.count || one.now.count ? pair(one.before.count, one.now.count) : null),
    make("td", { class: "n" }, number(one.before.count, _("{label}, before", { label }), one.before.rows, page.district.code)),
    make("td", { class: "n" }, number(one.now.count, label, one.now.rows, page.district.code)),
    make("td", { class: "n" }, change),
  );
}

function paintCompared(compared) {
  const until = (span) => `${day(span.from)} – ${day(shift(span.to, -1))}`;
  byId("spans").textContent = _("{before} (pale) beside {now}. Press a number to see its rows.", { before: until(compared.before), now: until(compared.now) });
  const table = byId("compared");
  for (const body of [...table.tBodies]) body.remove();
  for (const group of page.words.groups) {
    table.append(make("tbody", {}, make("tr", { class: "reports-group" }, make("th", { scope: "rowgroup", colspan: 5 }, group.name)), ...group.keys.map((key) => comparedRow(key, compared.figures[key]))));
  }
}

function monthName(iso) {
  const [year, month] = iso.split("-").map(Number);
  return new Intl.DateTimeFormat(page.lang === "zh" ? "zh-CN" : "en-GB", { month: "short", year: "2-digit", timeZone: "UTC" }).format(new Date(Date.UTC(year, month - 1, 1)));
}

function paintMonths(months) {
  const names = months.map((one) => monthName(one.month));
  const labels = page.words.labels;
  const charts = page.words.charted
    .filter((key) => months.some((one) => one.figures[key].count > 0))
    .map((key) => make("figure", { "data-chart": key }, make("figcaption", {}, labels[key].label), bars(labels[key].label, months.map((one, place) => ({ name: names[place], value: one.figures[key].count })))));
  replace(byId("charts"), ...charts);
  const head = make("thead", {}, make("tr", {}, make("th", { scope: "col" }, _("Number")), ...names.map((name) => make("th", { scope: "col", class: "n" }, name))));
  const row = (key) => make("tr", {}, make("th", { scope: "row" }, labels[key].label), ...months.map((one, place) => make("td", { class: "n" }, number(one.figures[key].count, `${labels[key].label}, ${names[place]}`, one.figures[key].rows, page.district.code))));
  const rates = Object.entries(page.words.rates).map(([key, label]) => make("tr", {}, make("th", { scope: "row" }, label), ...months.map((one) => make("td", { class: "n" }, rate(one.rates[key])))));
  replace(byId("months"), head, make("tbody", {}, ...Object.keys(labels).map(row), ...rates));
}

function offer(wanted) {
  for (const kind of ["xlsx", "pdf", "html"]) {
    byId(`take-${kind}`).href = address(`${REPORTS}/report.${kind}`, { ...wanted, period: byId("period").value || null, lang: page.lang });
  }
}

async function load() {
  const mine = ++turn;
  const wanted = days();
  remember({ period: byId("period").value || null, from: wanted.from, last: byId("last").value, unit: wanted.unit || null });
  offer(wanted);
  try {
    show(null);
    const [compared, months] = await Promise.all([
      read(address(`${REPORTS}/comparison`, wanted)),
      read(address(`${REPORTS}/months`, wanted)),
      showPlan(byId("period").value),
    ]);
    if (mine !== turn) return;
    paintRates(compared.rates);
    paintCompared(compared);
    paintMonths(months.items);
    announce(_("{n} months are shown.", { n: count(months.items.length) }));
  } catch (problem) {
    if (mine === turn) show(problem);
  }
}

function choose(id) {
  const plan = plans.find((one) => one.id === id);
  if (!plan) return;
  byId("first").value = plan.first_day;
  byId("last").value = plan.last_day;
}

/** The plan of just the chosen days, where there is one. */
function fitting() {
  return plans.find((one) => one.first_day === byId("first").value && one.last_day === byId("last").value)?.id || "";
}

async function listPlans() {
  plans = (await read(address("/api/v1/periods", { limit: 200 }))).items;
  const options = plans.map((one) => make("option", { value: one.id }, `${one.title} (${day(one.first_day)} – ${day(one.last_day)})`));
  replace(byId("period"), byId("period").options[0], ...options);
}

/** Show a plan anew after it changed; one that was just begun with its days. */
async function changed(id) {
  if (byId("period").value === id) {
    await showPlan(id);
    return;
  }
  await listPlans();
  choose(id);
  byId("period").value = id;
  await load();
}

async function begin() {
  await listPlans();
  beginMaking(changed);
  const half = halfYear(today());
  const current = plans.find((one) => one.first_day <= today() && today() <= one.last_day) ?? plans[0];
  byId("first").value = asked("from") || current?.first_day || half.first;
  byId("last").value = asked("last") || current?.last_day || half.last;
  byId("unit").value = asked("unit") || "";
  byId("period").value = plans.some((one) => one.id === asked("period")) ? asked("period") : fitting();
  await load();
}

byId("period").addEventListener("change", ({ target }) => {
  choose(target.value);
  load();
});
for (const id of ["first", "last"]) {
  byId(id).addEventListener("change", () => {
    byId("period").value = fitting();
  });
}
byId("asked").addEventListener("submit", (event) => {
  event.preventDefault();
  load();
});
if (page.district) {
  try {
    await begin();
  } catch (problem) {
    show(problem);
  }
}
document.body.dataset.ready = "1";
