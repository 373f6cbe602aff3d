// Devices: whose they are, when they were last heard of, and the tokens they send with.

import { Problem, read } from "wardline/api";
import { attempt, confirm, dialog, empty, field, personOf, secret, troubleOf, where } from "wardline/admin-parts";
import { announce, byId, make } from "wardline/dom";
import { page } from "wardline/page";
import { _, instant } from "wardline/text";

const PAGE = 50;
const state = { cursor: null, loaded: false };

function token(made) {
  const lines = [_("Device: {code}", { code: made.code }), _("Enter it in the program on the device. It is good for uploads only.")];
  return secret(_("Token for {name}", { name: made.name }), lines, made.token);
}

function path(code, more = "") {
  return where(`devices/${encodeURIComponent(code)}${more}`);
}

async function renew(device) {
  let made = null;
  const done = await confirm(
    _("A new token for {code}?", { code: device.code }),
    _("The old token is good no more, so the device sends nothing until it has the new one. What it recorded is not lost."),
    _("Make a new token"),
    async () => {
      made = await read(path(device.code, "/token"), { method: "POST" });
    },
  );
  if (!done) return;
  await token(made);
  await redraw(made, "renew");
}

async function revoke(device) {
  const act = () => read(path(device.code), { method: "DELETE" });
  const text = _("It sends no more from now on. What it sent stays, and what it still holds can be sent with a new token.");
  if (!(await confirm(_("Revoke {code}?", { code: device.code }), text, _("Revoke"), act))) return;
  await redraw({ ...device, revoked_at: new Date().toISOString() }, "renew");
  announce(_("{code} is revoked.", { code: device.code }));
}

function button(text, device, act, name) {
  return make("button", { class: "button", type: "button", "data-act": name, "aria-label": `${text}: ${device.code}`, on: { click: () => act(device) } }, text);
}

async function row(device) {
  const person = await personOf(device.person);
  const whose = person ? `${person.name} (${person.login})` : _("somebody outside of your area");
  const seen = device.seen_at ? _("last seen {when}", { when: instant(device.seen_at) }) : _("never seen");
  const acts = [];
  if (page.may.change) {
    acts.push(button(_("New token"), device, renew, "renew"));
    if (!device.revoked_at) acts.push(button(_("Revoke"), device, revoke, "revoke"));
  }
  return make(
    "li",
    { class: "grant", "data-device": device.code },
    make("span", { class: "row-title" }, device.name, device.revoked_at ? make("span", { class: "badge badge-off" }, _("revoked")) : null),
    make("span", { class: "row-value row-acts" }, ...acts),
    make("span", { class: "row-note" }, device.name === device.code ? whose : `${device.code} · ${whose}`),
    make("span", { class: "row-note" }, seen),
  );
}

function list() {
  const place = byId("devices-rows");
  if (!place.querySelector("ul")) place.replaceChildren(make("ul", { class: "grants" }));
  return place.querySelector("ul");
}

async function redraw(device, act) {
  const fresh = await row(device);
  const old = byId("devices-rows").querySelector(`[data-device="${CSS.escape(device.code)}"]`);
  if (old) old.replaceWith(fresh);
  else if (state.loaded) list().prepend(fresh);
  if (old) fresh.querySelector(`[data-act=${act}]`)?.focus();
}

async function load(begin) {
  const answer = await read(where("devices", { limit: PAGE, cursor: begin ? null : state.cursor }));
  state.cursor = answer.cursor;
  state.loaded = true;
  const rows = await Promise.all(answer.items.map(row));
  if (begin) byId("devices-rows").replaceChildren();
  if (rows.length) list().append(...rows);
  if (!byId("devices-rows").children.length) {
    byId("devices-rows").append(empty(_("No devices yet"), _("Register one for a person; it gets a token to send tracks and reports with.")));
  }
  byId("devices-more").hidden = !state.cursor;
}

async function byLogin(login) {
  const { items } = await read(where("people", { q: login, limit: 200 }));
  const found = items.find((one) => one.login === login.toLowerCase());
  if (found) return found;
  throw new Problem(_("No such person"), _("Nobody whom you can see has the login {login}.", { login }), "", 404);
}

const dialogs = new Map();

/** The dialog to register a device, of one person or of whom its login names; what was typed stays. */
function dialogFor(person) {
  const login = make("input", { name: "login", required: true, maxlength: 64, autocomplete: "off", autocapitalize: "none", spellcheck: "false" });
  const code = make("input", { name: "code", required: true, maxlength: 64, autocomplete: "off", spellcheck: "false" });
  const name = make("input", { name: "name", maxlength: 200, autocomplete: "off" });
  const whose = person ? make("p", {}, _("It sends for {name}.", { name: person.name })) : field(_("Whose: their login"), login);
  const one = { made: null };
  one.box = dialog(
    _("Register a device"),
    [
      whose,
      field(_("Code"), code, make("span", { class: "faint" }, _("Letters, digits and . _ - such as phone-17"))),
      field(_("Name"), name, make("span", { class: "faint" }, _("What people call it; may be left empty."))),
    ],
    {
      action: _("Register"),
      act: async () => {
        const owner = person ?? (await byLogin(login.value.trim()));
        one.made = await read(where("devices"), { method: "POST", body: { code: code.value.trim(), name: name.value, person: owner.id } });
      },
    },
  );
  return one;
}

export async function addDevice(person = null) {
  const key = person?.id ?? "";
  if (!dialogs.has(key)) dialogs.set(key, dialogFor(person));
  const one = dialogs.get(key);
  if (!(await one.box.open())) return;
  dialogs.delete(key);
  await token(one.made);
  byId("devices-rows").querySelector(".message")?.remove();
  await redraw(one.made, "renew");
  announce(_("{code} is registered.", { code: one.made.code }));
}

export function startDevices() {
  const trouble = troubleOf("devices");
  byId("devices-more").addEventListener("click", () => attempt(trouble, () => load(false)));
  byId("add-device")?.addEventListener("click", () => addDevice());
}

export function showDevices() {
  return attempt(troubleOf("devices"), () => load(true));
}
