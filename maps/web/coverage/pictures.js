// Photos of what was done at a marker: small ones that open, and those that are named and have yet to come.

import { tell } from "wardline/admin-parts";
import { address, Problem, refusal } from "wardline/api";
import { byId, make } from "wardline/dom";
import { page } from "wardline/page";
import { FIRST_PAUSE_MS, LONGEST_PAUSE_MS, mayPass, photosOf, sendParts, unfit } from "wardline/photos";
import { _, percent } from "wardline/text";

// By their SHA-256: each is sent on, whatever dialog is open, and is the same element wherever it is shown.
const coming = new Map();
let running = 0;

window.addEventListener("beforeunload", (event) => {
  if (running) event.preventDefault();
});

function asker(path) {
  return (method, headers, body) => fetch(path, { method, headers: { "Accept-Language": page.lang, ...headers }, body, cache: "no-store" });
}

/** Some time, or until the browser says that there is a network again. */
function pauseOf(span) {
  return new Promise((resolve) => {
    setTimeout(resolve, span);
    window.addEventListener("online", resolve, { once: true });
  });
}

/** Send a photo as often as it takes; `told` hears the share that is there, null while nobody answers. */
async function untilSent(path, blob, told) {
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    let answer = null;
    try {
      answer = await sendParts(asker(path), blob, told);
    } catch (lost) {
      if (!(lost instanceof TypeError)) throw lost;
    }
    if (answer?.ok) return;
    if (answer && !mayPass(answer.status)) throw await refusal(answer);
    told(null);
    await pauseOf(pause);
  }
}

function unreadable() {
  return new Problem(_("The photo cannot be read"), _("Choose it again."), "", 0);
}

/** What is wrong with the files of an input, or null. */
export async function troubleOf(input) {
  try {
    const found = (await Promise.all([...input.files].map(unfit))).filter(Boolean);
    return found.length ? new Problem(_("This cannot be sent as a photo"), found.join(" "), "", 0) : null;
  } catch {
    return unreadable();
  }
}

/** The photos of an input; that one cannot be read is a Problem. */
export async function chosenOf(input) {
  try {
    return await photosOf(input);
  } catch {
    throw unreadable();
  }
}

/** A photo that has yet to come: how far it is sent, or where to choose it; `done()` is called once it is there. */
function sender(sha256) {
  const path = address(`/api/v1/coverage/photos/${sha256}`);
  const bar = make("progress", { max: 1, value: 0, "aria-label": _("Sending the photo") });
  const words = make("span", { class: "faint", role: "status" }, _("The photo has not come yet."));
  const trouble = make("div", { hidden: true });
  const input = make("input", { type: "file", accept: "image/*" });
  const choice = make("label", { class: "field" }, _("Choose this photo"), input);
  const again = make("button", { class: "button", type: "button" }, _("Try again"));
  const element = make("div", { class: "sending", "data-photo": sha256 }, words, bar, trouble, choice, again);
  const one = { element, done: () => {}, send: null };
  const show = (state) => {
    element.dataset.state = state;
    bar.hidden = state !== "sending";
    choice.hidden = state !== "missing";
    again.hidden = state !== "refused";
  };
  const told = (share) => {
    words.textContent = share === null ? _("No connection. It goes on by itself.") : _("Sending the photo: {share}", { share: percent(share) });
    if (share !== null) bar.value = share;
  };
  one.send = async (blob) => {
    tell(trouble, null);
    show("sending");
    running += 1;
    again.onclick = () => one.send(blob);
    try {
      await untilSent(path, blob, told);
      coming.delete(sha256);
      words.textContent = _("The photo is here.");
      bar.hidden = true;
      await one.done();
    } catch (problem) {
      words.textContent = _("The photo has not come yet.");
      show("refused");
      tell(trouble, problem);
    } finally {
      running -= 1;
    }
  };
  const pick = async () => {
    const wrong = await troubleOf(input);
    if (wrong) throw wrong;
    const [photo] = await chosenOf(input);
    if (photo && photo.sha256 !== sha256) {
      throw new Problem(_("This is not the photo that was named"), _("Choose the very file, as it was when it was recorded; {name} is another.", { name: photo.name }), "", 0);
    }
    if (photo) await one.send(photo.blob);
  };
  input.addEventListener("change", () => {
    tell(trouble, null);
    pick().catch((problem) => tell(trouble, problem));
  });
  show("missing");
  return one;
}

/** Begin to send a photo that an action of one's own names; `done()` is called once it is there. */
export function sendPhoto({ sha256, blob }, done) {
  const one = coming.get(sha256) ?? sender(sha256);
  coming.set(sha256, one);
  one.done = done;
  one.send(blob);
}

function enlarge(where, name) {
  const dialog = byId("picture");
  byId("picture-name").textContent = name;
  byId("picture-image").src = where;
  byId("picture-image").alt = name;
  byId("picture-save").href = where;
  dialog.showModal();
}

function small(where, name) {
  const image = make("img", { src: where, alt: "", loading: "lazy" });
  const button = make("button", { class: "picture", type: "button", "aria-label": _("Open {name}", { name }), on: { click: () => enlarge(where, name) } }, image);
  // Not every browser shows every kind, HEIC for one: it can be taken as a file all the same.
  image.addEventListener("error", () => button.replaceWith(make("a", { href: where, download: true }, _("{name}, as a file", { name }))));
  return button;
}

/** The photos of an action; those that `mine` says one may send still have a place for it. */
export function pictures(action, mine, done) {
  if (!action.photos.length) return null;
  const shown = action.photos.map((photo, place) => {
    const where = address(`/api/v1/devices/${encodeURIComponent(photo.device)}/files/${photo.sha256}`);
    if (photo.arrived) return small(where, _("Photo {name}", { name: place + 1 }));
    if (!mine) return make("span", { class: "faint" }, _("A photo is still on its way."));
    const one = coming.get(photo.sha256) ?? sender(photo.sha256);
    coming.set(photo.sha256, one);
    one.done = done;
    return one.element;
  });
  return make("div", { class: "row-note pictures" }, ...shown);
}

if (byId("picture")) byId("picture-close").addEventListener("click", () => byId("picture").close());
