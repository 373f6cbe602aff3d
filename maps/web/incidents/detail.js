// One case: how it stands, what may be done about it by who looks at it, what may be the same, and its log.

import { address, read, show, turns } from "wardline/api";
import { announce, byId, facts, make, replace } from "wardline/dom";
import { COLOURS, REQUESTS, STATUSES, STEPS, className, kindName, sign } from "wardline/incidents/words";
import { page } from "wardline/page";
import { _, count, day, instant, metres } from "wardline/text";

const INCIDENTS = "/api/v1/incidents";
const ORDER = Object.keys(COLOURS);
const ASKED_FROM = new Set(["dispatched", "handling", "delayed"]);
const SETTLED = new Set(["closed", "rejected", "merged"]);
const act = new Set(page.may || []);
const turn = turns();
let hooks = {};
let shown = null;

export function startCase(given) {
  hooks = given;
}

/** Show a case and return its incident; null where another was asked for meanwhile. */
export async function openCase(identifier, focus = true) {
  const newest = turn();
  const place = `${INCIDENTS}/${identifier}`;
  const [incident, standing, similar] = await Promise.all([
    read(address(place)),
    read(address(`${place}/case`)),
    read(address(`${place}/duplicates`)),
  ]);
  if (!newest()) return null;
  shown = { place, incident, standing, similar: similar.items };
  draw();
  if (focus) byId("detail").focus();
  return incident;
}

function note() {
  return byId("case-note")?.value.trim() || "";
}

/** Send what somebody does, from the version that they saw, and show what became of it. */
async function send(path, body, method = "POST") {
  try {
    const answer = await read(address(`${shown.place}${path}`), { method, body, headers: { "If-Match": `"${shown.standing.version}"` } });
    await openCase(shown.incident.id);
    show(null);
    announce(_("Done: {status}.", { status: STATUSES[shown.standing.status] }));
    hooks.onChange();
    return answer;
  } catch (problem) {
    show(problem);
    byId("problem").scrollIntoView({ block: "nearest" });
    return null;
  }
}

function button(label, run, kind = "") {
  return make("button", { class: `button ${kind}`, type: "button", on: { click: run } }, label);
}

function steps() {
  const { possible } = shown.standing;
  if (!act.has("handle")) return [];
  return possible.filter((step) => STEPS[step]).map((step, index) => button(STEPS[step], () => send("/events", { kind: "status", status: step, text: note() }), index ? "" : "button-strong"));
}

function colours() {
  const { status, colour } = shown.standing;
  if (!act.has("handle") || SETTLED.has(status)) return [];
  const here = ORDER.indexOf(colour);
  const body = (wanted) => ({ colour: wanted, reason: note(), ...(wanted === "red" ? { named: page.me } : {}) });
  const found = ORDER.slice(0, here).map((one) => button(_("Lower to {colour}", { colour: COLOURS[one] }), () => send("/colour", body(one))));
  const next = ORDER[here + 1];
  if (next) {
    const label = next === "red" ? _("Raise to red; I answer for it") : _("Raise to {colour}", { colour: COLOURS[next] });
    found.push(button(label, () => send("/colour", body(next))));
  }
  return found;
}

function asking() {
  const { status, requests } = shown.standing;
  if (!act.has("handle") || !ASKED_FROM.has(status) || requests.some(({ approved }) => approved === null)) return [];
  return Object.entries(REQUESTS).map(([kind, label]) => button(_("Ask: {what}", { what: label }), () => send("/requests", { kind, reason: note(), ...(kind === "delay" ? { days: 1 } : {}) })));
}

function acts() {
  const { status } = shown.standing;
  const found = [...steps(), ...colours(), ...asking()];
  if (act.has("handle")) found.push(button(_("Comment"), () => send("/events", { kind: "comment", text: note() })));
  if (act.has("handle") && !SETTLED.has(status)) found.push(button(_("Add something to do"), () => send("/actions", { what: note() })), button(_("One more reporter"), follow));
  if (act.has("handle") && !SETTLED.has(status)) found.push(button(_("Name the marker"), () => send("", { asset: note() || null }, "PATCH")));
  if (act.has("sign") && status === "closed") found.push(button(_("Open again"), () => send("/reopen", { reason: note() })));
  if (act.has("sign") && status === "merged") found.push(button(_("Separate again"), () => send("/separate", { reason: note() })));
  if (!found.length) return null;
  return make(
    "div",
    {},
    make("h3", { id: "acts-title" }, _("What to do")),
    make("label", { class: "field" }, _("Reason, evidence, comment or number of a marker"), make("textarea", { class: "case-note", id: "case-note", maxlength: 1000, rows: 2 })),
    make("div", { class: "case-acts", role: "group", "aria-labelledby": "acts-title" }, ...found),
  );
}

async function follow() {
  const answer = await send("/follow");
  if (answer) byId("detail").append(make("p", { class: "message", role: "status" }, make("strong", {}, _("Receipt for the reporter, shown once")), answer.receipt));
}

function actions() {
  const { actions: all, status } = shown.standing;
  if (!all.length) return null;
  const one = (each) => {
    const may = act.has("handle") && each.state === "open" && !SETTLED.has(status);
    const settle = (state) => () => send(`/actions/${each.id}`, state === "done" ? { state, evidence: note() } : { state, reason: note() }, "PATCH");
    return make(
      "li",
      {},
      make("p", {}, each.what),
      make("p", { class: "soft" }, [each.who, each.due_on ? day(each.due_on) : "", { open: _("open"), done: _("done"), dropped: _("dropped") }[each.state], each.evidence || each.reason].filter(Boolean).join(" · ")),
      may ? make("div", { class: "case-acts" }, button(_("Done"), settle("done")), button(_("Drop"), settle("dropped"))) : null,
    );
  };
  return make("div", {}, make("h3", {}, _("To do")), make("ul", { class: "case-list" }, ...all.map(one)));
}

function requests() {
  const { requests: all } = shown.standing;
  if (!all.length) return null;
  const one = (each) => {
    // Whoever asked never decides.
    const may = act.has("sign") && each.approved === null && each.asked_by !== page.me;
    const decide = (approve) => () => send(`/requests/${each.id}/decision`, { approve, note: note() });
    const state = each.approved === null ? _("waits for a decision") : each.approved ? _("approved") : _("not approved");
    return make(
      "li",
      {},
      make("p", {}, `${REQUESTS[each.kind]}: ${each.reason}`),
      make("p", { class: "soft" }, `${state} · ${instant(each.asked_at)}`),
      may ? make("div", { class: "case-acts" }, button(_("Approve"), decide(true)), button(_("Refuse"), decide(false))) : null,
    );
  };
  return make("div", {}, make("h3", {}, _("Asked for")), make("ul", { class: "case-list" }, ...all.map(one)));
}

function duplicates() {
  const { similar, standing } = shown;
  if (!similar.length || SETTLED.has(standing.status)) return null;
  const one = (each) =>
    make(
      "li",
      { "data-similar": each.id },
      make("p", {}, sign(each.colour), each.title),
      make("p", { class: "soft" }, [each.asset && each.asset === shown.incident.asset ? _("the same marker") : metres(each.distance_m), STATUSES[each.status], className(each.class), instant(each.received_at), _("{n} reporters", { n: count(each.reporters) })].join(" · ")),
      each.description ? make("p", {}, each.description) : null,
      make(
        "div",
        { class: "case-acts" },
        button(_("Look at it"), () => hooks.onChoose(each.id)),
        act.has("sign") && !SETTLED.has(each.status) ? button(_("Merge into it"), () => send("/merge", { into: each.id, reason: note() })) : null,
      ),
    );
  return make("div", {}, make("h3", {}, _("May be the same")), make("ul", { class: "case-list" }, ...similar.map(one)));
}

function logText({ kind, body }) {
  const change = body.before && body.after && typeof body.after === "string" ? `${STATUSES[body.before] || COLOURS[body.before]} → ${STATUSES[body.after] || COLOURS[body.after]}` : "";
  return [kindName(kind), change, body.text || body.reason || body.what || body.evidence || ""].filter(Boolean).join(" · ");
}

function log() {
  const events = [...shown.incident.events].reverse();
  const one = (event) => make("li", {}, make("p", {}, logText(event)), make("p", { class: "soft" }, `${event.actor} · ${instant(event.at)}`));
  return make("details", { open: true }, make("summary", {}, _("Log")), make("ol", { class: "case-list", id: "log" }, ...events.map(one)));
}

function draw() {
  const { incident, standing } = shown;
  const { clock, owner } = standing;
  const unit = owner.unit ? owner.unit.name || owner.unit.code : "";
  const place = byId("detail");
  place.hidden = false;
  replace(
    place,
    make("div", { class: "section-head" }, make("h2", { id: "detail-title" }, sign(standing.colour), incident.title), button(_("Close the case"), shut)),
    incident.description ? make("p", {}, incident.description) : null,
    facts([
      [_("Status"), STATUSES[standing.status]],
      [_("Owner"), owner.list ? _("key-supervision list") : [unit, owner.representative?.name].filter(Boolean).join(" · ")],
      [_("Class"), className(incident.class)],
      [_("Marker"), incident.asset],
      [_("Number there"), incident.external_id],
      [_("Received"), instant(incident.received_at)],
      [_("Due"), clock ? instant(clock.due_at) + (clock.approximate ? ` (${_("days off not published yet")})` : "") : _("not filed")],
      [_("Reporters"), count(standing.reporters)],
    ]),
    standing.outreach ? make("p", {}, make("a", { href: address("/meetings", { outreach: standing.outreach }) }, _("The meeting or visit that collected it"))) : null,
    standing.merged_into ? make("div", { class: "case-acts" }, button(_("Show what it was merged into"), () => hooks.onChoose(standing.merged_into))) : null,
    acts(),
    actions(),
    requests(),
    duplicates(),
    log(),
  );
}

function shut() {
  turn();
  byId("detail").hidden = true;
  hooks.onClose();
}
