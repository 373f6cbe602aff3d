// Ask for help from the place that is set, see what becomes of it, and cancel it. No one needs to sign in.

import { address, read } from "wardline/api";
import { announce, byId, make, message, replace } from "wardline/dom";
import { _, metres } from "wardline/text";

const AGAIN_MS = 10_000;
const KEPT = "wardline-help";
let timer = null;

/** What becomes of a request, in words. */
function stateText(told) {
  const far = told.distance_m === null ? "" : metres(told.distance_m);
  const texts = {
    asked: _("Nobody is found yet; we go on looking."),
    offered: _("Somebody about {far} away is asked to come.", { far }),
    accepted: _("Somebody about {far} away is coming.", { far }),
    done: _("Help was given."),
    cancelled: _("The request is cancelled."),
  };
  return texts[told.state];
}

function wrong(problem) {
  replace(byId("helped"), message(problem.title, problem.detail, "message-warn"));
}

/** Show a request; while it is open, look again and let it be cancelled. */
function show(receipt, told) {
  const open = ["asked", "offered", "accepted"].includes(told.state);
  const text = stateText(told);
  const cancel = make("button", { class: "button", type: "button", id: "help-cancel", on: { click: () => give(receipt, "/cancel") } }, _("Cancel the request"));
  const code = make("p", { class: "faint" }, _("Receipt:"), " ", make("code", { id: "help-receipt" }, receipt));
  const old = byId("helped").dataset.text;
  replace(byId("helped"), make("div", { class: "message", "data-state": told.state }, make("strong", {}, text), told.why || ""), code, open ? cancel : null);
  byId("helped").dataset.text = text;
  if (text !== old) announce(text);
  window.clearTimeout(timer);
  if (open) timer = window.setTimeout(() => give(receipt, ""), AGAIN_MS);
  else window.sessionStorage.removeItem(KEPT);
}

async function give(receipt, step) {
  try {
    show(receipt, await read(address(`/api/v1/help/receipts/${encodeURIComponent(receipt)}${step}`), { method: step ? "POST" : "GET" }));
  } catch (problem) {
    wrong(problem);
  }
}

async function send(event, place) {
  event.preventDefault();
  if (!place) {
    replace(byId("helped"), message(_("Where are you?"), _("Press Near me, tap the map, or type a position first."), "message-warn"));
    byId("near-me").focus();
    return;
  }
  const { kind, place: where, note, phone } = event.target.elements;
  const body = { kind: kind.value, place: where.value, note: note.value, lon: place.lon, lat: place.lat, contact: { phone: phone.value } };
  const button = event.target.querySelector("[type=submit]");
  button.disabled = true;
  try {
    const told = await read(address("/api/v1/help"), { method: "POST", body });
    // As long as the window is open the receipt comes back after a reload.
    window.sessionStorage.setItem(KEPT, told.receipt);
    show(told.receipt, told);
  } catch (problem) {
    wrong(problem);
  } finally {
    button.disabled = false;
  }
}

/** Let the form ask for help at the place that `where` gives. */
export function startHelp(where) {
  byId("help").addEventListener("submit", (event) => send(event, where()));
  const kept = window.sessionStorage.getItem(KEPT);
  if (kept) give(kept, "");
}
