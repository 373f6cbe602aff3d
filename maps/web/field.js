// What the field pages share: the list of what waits, photos, the state of the network, and being there offline.

import { deliver, start, state as network } from "wardline/courier";
import { byId, make, message, replace } from "wardline/dom";
import { changed, retry, waiting } from "wardline/outbox";
import { all, persist } from "wardline/store";
import { _, count, instant } from "wardline/text";

const SHOWN = 20;

/** The instant by the phone's clock. */
export function now() {
  return new Date().toISOString();
}

export function problem(text) {
  const place = byId("problem");
  place.hidden = !text;
  replace(place, text ? message(_("That did not work"), text, "message-warn") : null);
}

export function note(text) {
  byId("announce").textContent = text;
  const place = byId("note");
  place.hidden = !text;
  place.textContent = text;
}

function named(entry) {
  if (entry.kind === "file") return _("Photo {name}", { name: entry.title || "" });
  if (entry.kind === "report") return _("Report: {title}", { title: entry.title });
  if (entry.track) return _("{n} points of a patrol", { n: count(entry.last - entry.first + 1) });
  return entry.title || _("Entry");
}

function row(entry) {
  const line = make("li", { class: "row", "data-entry": entry.id, "data-state": entry.state });
  line.append(
    make("span", { class: "row-title" }, named(entry)),
    make("span", { class: "row-value faint" }, entry.state === "refused" ? _("held") : _("waiting")),
    make("span", { class: "row-note" }, [entry.login, instant(entry.made_at), entry.problem].filter(Boolean).join(" · ")),
  );
  return line;
}

function receiptRow(receipt) {
  const line = make("li", { class: "row", "data-receipt": receipt.id });
  const trouble = receipt.trouble.map((item) => item.detail).join(" ");
  const outside = receipt.outside ? _("{n} outside the shift", { n: count(receipt.outside) }) : "";
  const brought = receipt.incidents ? _("{n} problems became incidents", { n: count(receipt.incidents) }) : "";
  const { created = 0, duplicate = 0, quarantined = 0 } = receipt.counts ?? { created: 1 };
  line.append(
    make("span", { class: "row-title" }, receipt.title || _("{n} points of a patrol", { n: count(created + duplicate + quarantined) })),
    make("span", { class: "row-value faint" }, quarantined ? _("{n} kept apart", { n: count(quarantined) }) : _("received")),
    make("span", { class: "row-note" }, [receipt.login, instant(receipt.at), outside, brought, trouble].filter(Boolean).join(" · ")),
  );
  return line;
}

async function list() {
  const left = await waiting();
  const sent = (await all("receipts")).sort((one, other) => other.at.localeCompare(one.at));
  byId("waiting-count").textContent = count(left.length);
  document.body.dataset.waiting = String(left.length);
  replace(byId("waiting"), ...left.slice(0, SHOWN).map(row));
  byId("waiting-none").hidden = left.length > 0;
  replace(byId("sent"), ...sent.slice(0, SHOWN).map(receiptRow));
  byId("sent-section").hidden = sent.length === 0;
  byId("network").textContent = network.online ? _("Connected") : _("No connection. Everything is kept on this phone and sent later.");
  document.body.dataset.online = network.online ? "1" : "0";
}

/** Where the phone is now; rejects with a text that says what to do. */
export function position() {
  return new Promise((resolve, reject) => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve(coords),
      () => reject(new Error(_("The phone does not tell its position. Allow it for this page, or type the position."))),
      { enableHighAccuracy: true, timeout: 20_000, maximumAge: 10_000 },
    );
  });
}

/** Watch the outbox and deliver it; keep this page for when there is no network. */
export async function startField() {
  if (!window.isSecureContext) {
    problem(_("Without https this browser gives pages neither a position nor a memory. Ask your administrator for the https address."));
    return false;
  }
  for (const source of [changed, network]) source.addEventListener("change", list);
  byId("send-now").addEventListener("click", async () => {
    await retry();
    await deliver();
  });
  await list();
  start();
  persist();
  const registration = await navigator.serviceWorker.register("/sw.js");
  await navigator.serviceWorker.ready;
  document.body.dataset.offline = registration.active ? "1" : "0";
  return true;
}
