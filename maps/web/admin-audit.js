// The audit of a district: its entries by kind and person, and the state of its chain.

import { Problem, read } from "wardline/api";
import { attempt, empty, troubleOf, where } from "wardline/admin-parts";
import { announce, byId, facts, make, message, replace } from "wardline/dom";
import { page } from "wardline/page";
import { _, count, instant } from "wardline/text";

const PAGE = 30;
const state = { before: null, only: {} };
const kinds = new Set();

function district() {
  return byId("audit-district")?.value ?? page.districts[0]?.code ?? "";
}

function entry(one) {
  const subject = [one.subject_kind, one.subject].filter(Boolean).join(" ");
  const why = one.purpose ? _("for: {purpose}", { purpose: one.purpose }) : null;
  const detail = Object.entries(one.detail).map(([name, value]) => `${name}: ${typeof value === "object" ? JSON.stringify(value) : value}`);
  return make(
    "li",
    { class: "entry" },
    make("span", { class: "number faint" }, `#${one.entry}`),
    make("span", { class: "number" }, instant(one.at)),
    make("span", {}, make("strong", {}, one.actor_name), " ", make("code", {}, one.action)),
    make("span", { class: "row-note" }, [subject, ...detail, why].filter(Boolean).join(" · ")),
  );
}

/** Offer the kinds that were seen, so that nobody has to know them by heart. */
function learn(items) {
  for (const { action } of items) kinds.add(action);
  replace(byId("audit-kinds"), ...[...kinds].sort().map((kind) => make("option", { value: kind })));
}

/** The id of a person by their login, as the audit knows them. */
async function actorOf(login) {
  const { items } = await read(where("people", { q: login, limit: 200 }));
  const found = items.find((one) => one.login === login.toLowerCase());
  if (found) return found.id;
  throw new Problem(_("No such person"), _("Nobody whom you can see has the login {login}.", { login }), "", 404);
}

function nothing() {
  return Object.keys(state.only).length
    ? empty(_("No such entry"), _("Nothing was done of this kind by this person here. Empty a field to see more."))
    : empty(_("Nothing is recorded yet"), _("Reads of other people's tracks, exports, decisions and changes of rules are written here."));
}

async function load(fresh) {
  const answer = await read(where("audit", { district: district(), limit: PAGE, before: fresh ? null : state.before, ...state.only }));
  const place = byId("audit-rows");
  if (fresh) replace(place, answer.items.length ? make("ol", { class: "entries" }) : nothing());
  place.querySelector("ol")?.append(...answer.items.map(entry));
  learn(answer.items);
  state.before = answer.before;
  byId("audit-more").hidden = answer.items.length < PAGE;
}

function proofOf({ proven }) {
  if (!proven) return message(_("Never proven from here"), _("Entries are linked, but nobody has looked along the links."));
  const values = { when: instant(proven.at), who: proven.by, count: count(proven.entries), faults: count(proven.faults) };
  if (proven.faults) {
    return message(_("The chain is broken"), _("{when}, {who}: {faults} of {count} entries are not as they were written. On the server ./wardline audit verify names them.", values), "message-warn");
  }
  return make("p", { class: "proof" }, _("Whole when {who} proved it, {when}: {count} entries.", values));
}

function drawChain(chain) {
  const told = facts([
    [_("Entries"), count(chain.entries)],
    [_("Last hash"), make("code", { class: "hash" }, chain.hash)],
  ]);
  replace(byId("audit-chain"), told, proofOf(chain));
}

async function loadChain() {
  drawChain(await read(where("audit/chain", { district: district() })));
}

async function prove() {
  await attempt(troubleOf("audit"), async () => {
    const chain = await read(where("audit/proof", { district: district() }), { method: "POST" });
    drawChain(chain);
    announce(chain.proven.faults ? _("The chain is broken") : _("The chain is whole."));
    await load(true);
  });
}

async function find(event) {
  event.preventDefault();
  const form = byId("audit-filter");
  const [action, login] = [form.elements.action.value.trim(), form.elements.login.value.trim()];
  await attempt(troubleOf("audit"), async () => {
    const only = {};
    if (action) only.action = action;
    if (login) only.actor = await actorOf(login);
    state.only = only;
    await load(true);
  });
}

export function showAudit() {
  if (!district()) {
    byId("audit-rows").replaceChildren(empty(_("No district yet"), _("Import one first: ./wardline import, or ./wardline demo.")));
    return null;
  }
  return attempt(troubleOf("audit"), () => Promise.all([load(true), loadChain()]));
}

export function startAudit() {
  byId("audit-filter").addEventListener("submit", find);
  byId("audit-prove").addEventListener("click", prove);
  byId("audit-district")?.addEventListener("change", showAudit);
  byId("audit-more").addEventListener("click", () => attempt(troubleOf("audit"), () => load(false)));
}
