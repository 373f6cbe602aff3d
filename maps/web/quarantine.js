// Quarantine: what could not be stored, corrected and released, or discarded. All of it is written as text.

import { Problem, address, read, show } from "wardline/api";
import { announce, byId, make, message, replace } from "wardline/dom";
import { asked, page, remember } from "wardline/page";
import { _, count, instant } from "wardline/text";

const PAGE = 30;
const HOME = "/api/v1/quarantine";
const filter = byId("filter");
let cursor = null;
let turn = 0;

const kinds = { point: _("point"), visit: _("visit"), incident: _("incident"), outreach: _("meeting or visit") };
const correctable = {
  point: [["at", _("Time")], ["lon", _("Longitude")], ["lat", _("Latitude")], ["seq", "seq"]],
  visit: [["marker", _("Marker")], ["at", _("Time")], ["lon", _("Longitude")], ["lat", _("Latitude")]],
  incident: [["class", _("Class")], ["occurred_at", _("Time")], ["lon", _("Longitude")], ["lat", _("Latitude")], ["version", _("Version")]],
  outreach: [["at", _("Time")], ["place", _("Place")], ["representative", _("Representative")], ["lon", _("Longitude")], ["lat", _("Latitude")]],
};
const numbers = new Set(["lon", "lat", "seq", "version"]);

function parsed(raw) {
  try {
    return JSON.parse(raw);
  } catch {
    return null; // NaN is what no JSON reader takes; the text itself is shown
  }
}

/** What an item says of a member now, as a hint beside the field. */
function present(item, member) {
  const value = parsed(item.raw);
  const found = item.kind === "point" ? value?.points?.[0]?.[member] : value?.[member];
  return found === undefined || found === null ? "" : String(found).slice(0, 60);
}

/** A correction as JSON: a number where the member is one and the text reads as one. */
function correction(member, text) {
  const number = Number(text.replace(",", "."));
  return numbers.has(member) && Number.isFinite(number) ? number : text;
}

async function settle(item, how, body) {
  const response = await fetch(address(`${HOME}/${item.id}/${how}`), {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "Accept-Language": page.lang },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Problem(answer.title, answer.detail, answer.code, response.status);
  return answer;
}

function form(item, card) {
  const fields = correctable[item.kind].map(([member, label]) => {
    const input = make("input", { name: member, maxlength: 100, autocomplete: "off", spellcheck: "false", placeholder: present(item, member) });
    return make("label", { class: "field" }, label, input);
  });
  const zone = make("input", { name: "timezone", maxlength: 64, autocomplete: "off", spellcheck: "false", placeholder: page.district?.timezone || "Asia/Shanghai" });
  const note = make("input", { name: "note", maxlength: 1000, autocomplete: "off" });
  const trouble = make("div", { class: "quarantine-trouble" });
  const made = make(
    "form",
    { class: "quarantine-form" },
    ...fields,
    make("label", { class: "field" }, _("Time zone"), zone),
    make("label", { class: "field" }, _("Note"), note),
    trouble,
    make(
      "div",
      { class: "quarantine-acts" },
      make("button", { class: "button button-main", type: "submit" }, _("Release")),
      make("button", { class: "button", type: "button", on: { click: discard } }, _("Discard")),
    ),
  );

  async function decide(how, body, said) {
    replace(trouble);
    for (const button of made.querySelectorAll("button")) button.disabled = true;
    try {
      replaceCard(card, await settle(item, how, body));
      announce(said);
    } catch (problem) {
      const known = problem instanceof Problem ? problem : new Problem(_("The service cannot be reached"), _("Check the connection, then try again."));
      replace(trouble, message(known.title, known.detail, "message-warn"));
      for (const button of made.querySelectorAll("button")) button.disabled = false;
    }
  }

  function discard() {
    if (!note.value.trim()) {
      replace(trouble, message(_("Say why before you discard."), "", "message-warn"));
      note.focus();
      return;
    }
    decide("discard", { note: note.value }, _("Discarded. It is kept here."));
  }

  made.addEventListener("submit", (event) => {
    event.preventDefault();
    const corrections = {};
    for (const [member] of correctable[item.kind]) {
      const text = made.elements[member].value.trim();
      if (text) corrections[member] = correction(member, text);
    }
    decide("release", { corrections, timezone: zone.value.trim() || null, note: note.value }, _("Released and stored."));
  });
  return made;
}

function cardOf(item) {
  const card = make("li", { class: "quarantine-item", "data-item": item.id, "data-state": item.state });
  const value = parsed(item.raw);
  card.append(
    make("h2", {}, `${kinds[item.kind]} · ${item.detail}`),
    make("p", { class: "soft" }, `${item.device} · ${instant(item.received_at)}`),
    make("p", { class: "faint" }, item.ref),
  );
  if (item.state !== "waiting") {
    const state = item.state === "released" ? _("released") : _("discarded");
    const by = _("by {name} on {at}", { name: item.settled_by, at: instant(item.settled_at) });
    const changes = Object.entries(item.corrections || {}).map(([name, to]) => `${name}: ${JSON.stringify(to)}`);
    card.append(make("p", {}, make("strong", {}, state), ` · ${by}`), ...[changes.join(", "), item.note].filter(Boolean).map((text) => make("p", {}, text)));
  }
  card.append(make("details", {}, make("summary", {}, _("As it was sent")), make("pre", { tabindex: 0 }, value === null ? item.raw : JSON.stringify(value, null, 2))));
  if (item.state === "waiting" && page.decides) {
    card.append(make("details", { "data-decide": true }, make("summary", {}, _("Corrections")), form(item, card)));
  }
  return card;
}

function replaceCard(card, item) {
  const fresh = cardOf(item);
  card.replaceWith(fresh);
  fresh.tabIndex = -1;
  fresh.focus();
}

function showReasons(reasons) {
  const chosen = filter.elements.reason.value || asked("reason") || "";
  const names = new Set([...Object.keys(reasons), ...(chosen ? [chosen] : [])]);
  const options = [...names].sort().map((name) => make("option", { value: name }, reasons[name] ? `${name} (${count(reasons[name])})` : name));
  replace(filter.elements.reason, make("option", { value: "" }, _("every reason")), ...options);
  filter.elements.reason.value = chosen;
}

async function load(fresh) {
  const mine = ++turn;
  const wanted = Object.fromEntries(new FormData(filter));
  if (fresh) remember(wanted.state === "waiting" ? { ...wanted, state: null } : wanted);
  show(null);
  try {
    const answer = await read(address(HOME, { ...wanted, limit: PAGE, cursor: fresh ? null : cursor }));
    if (mine !== turn) return;
    if (fresh) replace(byId("items"));
    byId("items").append(...answer.items.map(cardOf));
    showReasons(answer.reasons);
    cursor = answer.cursor;
  } catch (problem) {
    show(problem);
  }
  byId("none").hidden = byId("items").children.length > 0;
  byId("more").hidden = !cursor;
}

filter.addEventListener("submit", (event) => {
  event.preventDefault();
  cursor = null;
  load(true);
});
byId("more").addEventListener("click", () => load(false));

for (const name of ["state", "device", "day"]) {
  if (asked(name)) filter.elements[name].value = asked(name);
}
if (page.district) {
  showReasons({});
  await load(true);
} else {
  byId("none").hidden = false;
}
document.body.dataset.ready = "1";
