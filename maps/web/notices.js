// Notices: what one is told, and the units that one watches. All of it is written as text.

import { address, read, show } from "wardline/api";
import { announce, byId, make, replace } from "wardline/dom";
import { page } from "wardline/page";
import { _, instant } from "wardline/text";

const PAGE = 30;
const NOTICES = "/api/v1/notices";
const WATCHES = "/api/v1/watches";
const PLANS = new Set(["plan-approved", "plan-rejected", "watched-redrawn"]);
let cursor = null;
let turn = 0;

async function attempt(act) {
  try {
    show(null);
    await act();
  } catch (problem) {
    show(problem);
  }
}

function card(notice) {
  const made = make("li", { class: "notices-item", "data-notice": notice.id, "data-seen": notice.seen_at ? "yes" : "no" });
  const acts = make("div", { class: "notices-acts" });
  if (PLANS.has(notice.kind) && page.redraws) {
    acts.append(make("a", { class: "button", href: `/redraw?${new URLSearchParams({ district: page.district.code, plan: notice.subject })}` }, _("Open the plan")));
  }
  if (!notice.seen_at) {
    const seen = () =>
      attempt(async () => {
        const fresh = card(await read(address(`${NOTICES}/${notice.id}/seen`), { method: "POST" }));
        made.replaceWith(fresh);
        fresh.tabIndex = -1;
        fresh.focus();
        announce(_("Marked as seen."));
      });
    acts.append(make("button", { class: "button", type: "button", on: { click: seen } }, _("Seen")));
  }
  made.append(make("p", {}, notice.text), make("p", { class: "faint" }, instant(notice.created_at)), acts);
  return made;
}

async function load(fresh) {
  const mine = ++turn;
  await attempt(async () => {
    const answer = await read(address(NOTICES, { unseen: byId("unseen").checked || null, limit: PAGE, cursor: fresh ? null : cursor }));
    if (mine !== turn) return;
    if (fresh) replace(byId("items"));
    byId("items").append(...answer.items.map(card));
    cursor = answer.cursor;
  });
  byId("none").hidden = byId("items").children.length > 0;
  byId("more").hidden = !cursor;
}

function watched({ unit, since }) {
  const stop = () =>
    attempt(async () => {
      await read(address(`${WATCHES}/${unit.id}`), { method: "DELETE" });
      announce(_("You watch {unit} no more.", { unit: unit.code }));
      await loadWatched();
    });
  return make(
    "li",
    { class: "notices-item", "data-unit": unit.code },
    make("p", {}, unit.name && unit.name !== unit.code ? `${unit.name} · ${unit.code}` : unit.code),
    make("p", { class: "faint" }, _("since {at}", { at: instant(since) })),
    make("div", { class: "notices-acts" }, make("button", { class: "button", type: "button", on: { click: stop } }, _("Watch no more"))),
  );
}

async function loadWatched() {
  await attempt(async () => {
    const { items } = await read(address(WATCHES));
    replace(byId("watched"), ...items.map(watched));
  });
  byId("unwatched").hidden = byId("watched").children.length > 0;
}

byId("unseen").addEventListener("change", () => load(true));
byId("more").addEventListener("click", () => load(false));
if (page.district) await Promise.all([load(true), loadWatched()]);
document.body.dataset.ready = "1";
