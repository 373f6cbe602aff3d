// One person: whether they may sign in, and what they are granted.

import { read } from "wardline/api";
import { addDevice } from "wardline/admin-devices";
import { grantForm, grantRows } from "wardline/admin-grants";
import { attempt, confirm, secret, where } from "wardline/admin-parts";
import { announce, byId, facts, make, replace } from "wardline/dom";
import { page } from "wardline/page";
import { _, instant } from "wardline/text";

// Half-filled forms outlive a look at somebody else.
const forms = new Map();
let watchers = null;
let asked = null;

function password(person) {
  if (!person.has_password) return _("none");
  return person.must_change ? _("given out, to be changed at the first sign-in") : _("their own");
}

function known(person) {
  return facts([
    [_("Login"), person.login],
    [_("Added"), instant(person.created_at)],
    [_("Password"), password(person)],
    [_("Disabled"), person.disabled_at && instant(person.disabled_at)],
  ]);
}

async function refreshed(id) {
  const person = await read(where(`people/${id}`));
  watchers.changed(person);
  return person;
}

function button(text, act, kind = "") {
  return make("button", { class: `button ${kind}`, type: "button", on: { click: act } }, text);
}

async function reset(person) {
  let made = null;
  const done = await confirm(
    _("Reset the password of {name}?", { name: person.name }),
    _("The old password is good no more and all their sessions end at once. You hand over the new one."),
    _("Reset the password"),
    async () => {
      made = await read(where(`people/${person.id}/password`), { method: "POST" });
    },
  );
  if (!done) return;
  await secret(_("Password for {name}", { name: person.name }), [_("Login: {login}", { login: person.login })], made.password);
  await draw(await refreshed(person.id), "reset");
}

async function disable(person) {
  const act = async () => {
    await read(where(`people/${person.id}`), { method: "PATCH", body: { disabled: true } });
  };
  const text = _("All their sessions end at once and their devices send no more. What they did stays. You can enable them again.");
  if (await confirm(_("Disable {name}?", { name: person.name }), text, _("Disable"), act)) {
    await draw(await refreshed(person.id), "able");
    announce(_("{name} is disabled.", { name: person.name }));
  }
}

async function enable(person, trouble) {
  await attempt(trouble, async () => {
    await read(where(`people/${person.id}`), { method: "PATCH", body: { disabled: false } });
    await draw(await refreshed(person.id), "able");
    announce(_("{name} is enabled.", { name: person.name }));
  });
}

function actions(person, trouble) {
  if (!page.may.change) return null;
  if (person.id === page.me.person) return make("p", { class: "message" }, _("This is you. Another administrator changes your rights."));
  const able = person.disabled_at
    ? button(_("Enable"), () => enable(person, trouble))
    : button(_("Disable"), () => disable(person), "button-warn");
  able.dataset.act = "able";
  const again = button(_("Reset the password"), () => reset(person));
  again.dataset.act = "reset";
  const device = button(_("Register a device"), () => addDevice(person));
  return make("div", { class: "person-actions" }, again, device, able);
}

function formOf(person) {
  if (!page.may.change || person.id === page.me.person) return null;
  if (!forms.has(person.id)) {
    forms.set(
      person.id,
      grantForm(person, async () => {
        await draw(await refreshed(person.id));
        announce(_("Granted."));
      }),
    );
  }
  return forms.get(person.id);
}

/** Draw a person; the focus stays on the button of the same act, where one is named. */
async function draw(person, act = null) {
  if (asked !== person.id) return;
  const trouble = make("div", { hidden: true });
  const ended = async () => {
    await draw(await refreshed(person.id));
    byId("grants-title").focus();
    announce(_("The grant has ended."));
  };
  const rows = await grantRows(person, ended);
  if (asked !== person.id) return;
  const form = formOf(person);
  const held = form?.contains(document.activeElement) ? document.activeElement : null;
  replace(
    byId("person"),
    make("button", { class: "button person-back", type: "button", on: { click: back } }, _("All people")),
    make("h2", { id: "person-title", tabindex: "-1" }, person.name),
    known(person),
    actions(person, trouble),
    trouble,
    make("h3", { id: "grants-title", tabindex: "-1" }, _("Grants")),
    rows,
    form,
  );
  document.body.dataset.person = person.id;
  if (held) held.focus();
  if (act) byId("person").querySelector(`[data-act=${act}]`)?.focus();
}

function back() {
  asked = null;
  delete document.body.dataset.person;
  replace(byId("person"), make("p", { class: "soft" }, _("Choose a person to see what they may do.")));
  watchers.closed();
}

/** Show a person; `changed` hears what became of them, `closed` when they are looked at no more. */
export async function showPerson(id, { changed, closed }) {
  watchers = { changed, closed };
  asked = id;
  const person = await read(where(`people/${id}`));
  if (asked !== id) return;
  changed(person);
  await draw(person);
  byId("person-title")?.focus();
  byId("admin").scrollTo({ top: 0 });
}

/** Whether something was typed and not sent. */
export function halfFilled() {
  return [...forms.values()].some((form) => form.dataset.touched === "1");
}
