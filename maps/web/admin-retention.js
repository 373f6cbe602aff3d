// Retention of a district: for how long what is kept and who says so, the last run, and what one today would do.

import { read } from "wardline/api";
import { attempt, dialog, empty, field, troubleOf, where } from "wardline/admin-parts";
import { announce, byId, make, replace } from "wardline/dom";
import { page } from "wardline/page";
import { _, count, instant } from "wardline/text";

const subjects = {
  fixes: [_("Raw positions"), _("What was walked stays in the coverage ledger.")],
  contacts: [_("Who reported"), _("Counted from when the incident was closed.")],
  drafts: [_("What was never finished"), ""],
  replies: [_("Replies to devices"), ""],
  keys: [_("Keys of repeated requests, and exports"), ""],
};

const tables = {
  fix: _("Raw positions"),
  late_fix: _("Raw positions that came late"),
  notice: _("Notices"),
  fix_quarantine: _("Positions that could not be stored"),
  quarantine: _("Items in quarantine"),
  visit: _("Places of visits"),
  incident_contact: _("Contacts of reporters"),
  incident_receipt: _("Receipts of reporters"),
  field_incident: _("Reporters of incidents"),
  field_batch: _("Replies to devices"),
  idempotency_key: _("Keys of repeated requests"),
  fix_export: _("Exports of raw positions"),
};

const ways = { removed: _("removed"), forgotten: _("content forgotten") };

function district() {
  return byId("retention-district")?.value ?? page.districts[0]?.code ?? "";
}

function daysText(days) {
  return days === 1 ? _("1 day") : _("{n} days", { n: count(days) });
}

async function change(period) {
  const [name] = subjects[period.subject];
  const days = make("input", { name: "days", type: "number", min: 1, max: 36_500, step: 1, required: true, value: period.days, inputmode: "numeric" });
  let answer = null;
  const done = await dialog(_("Days of this district: {name}", { name }), [field(_("Days"), days, make("span", { class: "faint" }, _("Nothing is forgotten at once. The next daily run goes by these days.")))], {
    action: _("Keep it so"),
    act: async () => {
      answer = await read(where(`retention/${period.subject}`, { district: district() }), { method: "PUT", body: { days: days.valueAsNumber } });
    },
  }).open();
  if (!done) return;
  draw(answer);
  byId("retention-periods").querySelector(`[data-subject=${period.subject}] button`)?.focus();
  announce(_("{name}: {days}", { name, days: daysText(days.valueAsNumber) }));
}

function periodRow(period, backups) {
  const [name, note] = subjects[period.subject];
  const source = period.source === "district" ? _("days of this district") : _("days of the settings");
  const copies = period.subject === "fixes" && backups ? _("{n} of them in backups, so the database keeps {rest}", { n: daysText(backups), rest: daysText(period.days - backups) }) : "";
  const act = page.may.change ? make("button", { class: "button", type: "button", "aria-label": _("Change: {name}", { name }), on: { click: () => change(period) } }, _("Change")) : null;
  return make(
    "li",
    { class: "grant", "data-subject": period.subject },
    make("span", { class: "row-title" }, name, " · ", daysText(period.days)),
    make("span", { class: "row-value" }, act),
    make("span", { class: "row-note" }, [source, copies].filter(Boolean).join(" · ")),
    make("span", { class: "row-note" }, note),
  );
}

function steps(run, none) {
  const rows = run.steps.filter(({ rows: number }) => number > 0);
  if (!rows.length) return make("p", { class: "message" }, none);
  const head = make("tr", {}, make("th", { scope: "col" }, _("What")), make("th", { scope: "col" }, _("How")), make("th", { scope: "col", class: "number" }, _("Rows")));
  const body = rows.map((one) => make("tr", {}, make("td", {}, tables[one.table] ?? one.table), make("td", {}, ways[one.way]), make("td", { class: "number" }, count(one.rows))));
  return make("table", { class: "steps" }, make("thead", {}, head), make("tbody", {}, ...body));
}

function draw({ periods, backups_days: backups, last, today }) {
  replace(byId("retention-periods"), ...periods.map((period) => periodRow(period, backups)));
  replace(
    byId("retention-last"),
    ...(last
      ? [make("p", { class: "soft" }, _("{when}; positions before {before}", { when: instant(last.at), before: instant(last.fixes_before) })), steps(last, _("Nothing was due."))]
      : [make("p", { class: "message" }, _("There was no run yet. The service makes the first one ten minutes after it starts."))]),
  );
  replace(
    byId("retention-today"),
    make("p", { class: "soft" }, _("Positions before {before}", { before: instant(today.fixes_before) })),
    steps(today, _("Nothing is due.")),
  );
}

export function showRetention() {
  if (!district()) {
    byId("retention-periods").replaceChildren(empty(_("No district yet"), _("Import one first: ./wardline import, or ./wardline demo.")));
    return null;
  }
  return attempt(troubleOf("retention"), async () => draw(await read(where("retention", { district: district() }))));
}

export function startRetention() {
  byId("retention-district")?.addEventListener("change", showRetention);
}
