// The people one may see: found by a text, a page at a time, and new ones.

import { read } from "wardline/api";
import { attempt, dialog, empty, field, remember, roles, secret, today, troubleOf, where } from "wardline/admin-parts";
import { showPerson } from "wardline/admin-person";
import { announce, byId, make } from "wardline/dom";
import { page } from "wardline/page";
import { _, count } from "wardline/text";

const PAGE = 50;
const PAGES_AT_ONCE = 8;
const state = { q: "", cursor: null, chosen: null, asked: 0 };

function rolesOf(person) {
  const held = person.grants.filter((one) => !one.valid_to || one.valid_to > today(one.district));
  const names = [...new Set(held.map((one) => roles[one.role] ?? one.role))];
  return names.length ? names.join(", ") : _("no role");
}

function stateOf(person) {
  if (person.disabled_at) return make("span", { class: "badge badge-off" }, _("disabled"));
  if (person.must_change) return make("span", { class: "badge" }, _("first sign-in awaited"));
  return null;
}

function row(person) {
  return make(
    "button",
    { class: "row", type: "button", "data-person": person.id, "aria-current": String(state.chosen === person.id), on: { click: () => choose(person.id) } },
    make("span", { class: "row-title" }, person.name),
    make("span", { class: "row-value" }, stateOf(person)),
    make("span", { class: "row-note" }, `${person.login} · ${rolesOf(person)}`),
  );
}

function rowOf(id) {
  return byId("people-rows").querySelector(`[data-person="${CSS.escape(id)}"]`);
}

async function choose(id) {
  for (const one of byId("people-rows").querySelectorAll("[aria-current=true]")) one.setAttribute("aria-current", "false");
  state.chosen = id;
  rowOf(id)?.setAttribute("aria-current", "true");
  await attempt(troubleOf("people"), () => showPerson(id, { changed, closed }));
}

/** What was changed about a person is shown in the list as well. */
function changed(person) {
  remember(person);
  rowOf(person.id)?.replaceWith(row(person));
}

/** On a phone a person covers the list: back to it. */
function closed() {
  const id = state.chosen;
  state.chosen = null;
  const one = id && rowOf(id);
  one?.setAttribute("aria-current", "false");
  (one ?? byId("people-search").elements.q).focus();
}

/** The next pages until there is something to see: a page may hold nobody of one's own. */
async function load(fresh) {
  state.asked += 1;
  const mine = state.asked;
  const rows = byId("people-rows");
  if (fresh) state.cursor = null;
  let found = [];
  for (let pages = 0; pages < PAGES_AT_ONCE && !found.length && (pages === 0 || state.cursor); pages += 1) {
    const answer = await read(where("people", { q: state.q, limit: PAGE, cursor: state.cursor }));
    if (mine !== state.asked) return;
    state.cursor = answer.cursor;
    found = answer.items;
  }
  found.forEach(remember);
  const shown = found.map(row);
  if (fresh) rows.replaceChildren(...shown);
  else rows.append(...shown);
  if (!rows.children.length) {
    rows.append(
      state.q
        ? empty(_("Nobody is found"), _("Look for a part of the login or the name, or add the person."))
        : empty(_("Nobody yet"), _("Add the first person; then grant them a role.")),
    );
  }
  byId("people-more").hidden = !state.cursor;
  announce(_("{n} people", { n: count(rows.querySelectorAll("[data-person]").length) }));
}

function adder() {
  const login = make("input", { name: "login", required: true, maxlength: 64, autocomplete: "off", autocapitalize: "none", spellcheck: "false" });
  const name = make("input", { name: "name", required: true, maxlength: 200, autocomplete: "off" });
  let made = null;
  const box = dialog(
    _("Add a person"),
    [
      field(_("Login"), login, make("span", { class: "faint" }, _("Letters, digits and . _ @ + - such as li.na"))),
      field(_("Name"), name),
      make("p", { class: "faint" }, _("A password is made up. It is good for the first sign-in, where they choose their own.")),
    ],
    {
      action: _("Add"),
      act: async () => {
        made = await read(where("people"), { method: "POST", body: { login: login.value.trim(), name: name.value } });
      },
    },
  );
  return async () => {
    if (!(await box.open())) return;
    box.form.reset();
    const { password, ...person } = made;
    await secret(_("Password for {name}", { name: person.name }), [_("Login: {login}", { login: person.login })], password);
    made = null;
    remember(person);
    byId("people-rows").querySelector(".message")?.remove();
    byId("people-rows").prepend(row(person));
    await choose(person.id);
  };
}

export function startPeople() {
  const trouble = troubleOf("people");
  const search = byId("people-search");
  search.addEventListener("submit", (event) => {
    event.preventDefault();
    state.q = search.elements.q.value.trim();
    attempt(trouble, () => load(true));
  });
  // The cross of a search field empties it.
  search.elements.q.addEventListener("search", () => {
    if (!search.elements.q.value && state.q) search.requestSubmit();
  });
  byId("people-more").addEventListener("click", () => attempt(trouble, () => load(false)));
  if (page.may.change) byId("add-person").addEventListener("click", adder());
  return attempt(trouble, () => load(true));
}
