// A patrol: begin, walk, note what is done at markers, end. Nothing of it needs a network.

import { guarded, onRegister, showPhone } from "wardline/carrier";
import { byId } from "wardline/dom";
import { note, now, position, startField } from "wardline/field";
import { changed, post } from "wardline/outbox";
import { byCode, choose, current, signedIn } from "wardline/phone";
import { photosOf } from "wardline/photos";
import { begin, end, packRest, resume, running, state } from "wardline/recorder";
import { _, count, duration, metres } from "wardline/text";

let phone = null;

function showTrack() {
  const going = state.track !== null;
  byId("begin").hidden = going;
  byId("end").hidden = !going;
  byId("mode").disabled = going;
  byId("recording").hidden = !going;
  byId("points").textContent = count(state.points);
  byId("accuracy").textContent = state.fix ? metres(state.fix.accuracy_m) : "–";
  byId("trouble").textContent = state.trouble ? _("No position: {reason}", { reason: state.trouble }) : "";
  byId("itself").hidden = !state.endedItself;
  document.body.dataset.recording = going ? "1" : "0";
  document.body.dataset.points = String(state.points);
}

/** Say that the phone's clock is off, as the service found by what came from it, until it is set. */
async function showClock() {
  const behind = phone ? (await byCode(phone.code))?.behind_s : 0;
  const time = duration(Math.abs(behind ?? 0));
  byId("clock").hidden = !behind;
  byId("clock-off").textContent = behind > 0 ? _("This phone's clock is {time} behind.", { time }) : _("This phone's clock is {time} ahead.", { time });
}

async function visit(form) {
  const given = new FormData(form);
  const photos = await photosOf(form.elements.photos);
  const here = await position().catch(() => null);
  await post(
    phone,
    "visits",
    {
      id: crypto.randomUUID(),
      marker: given.get("marker").trim(),
      at: now(),
      lon: here?.longitude ?? null,
      lat: here?.latitude ?? null,
      action: given.get("action"),
      note: given.get("note"),
      photos: photos.map((one) => one.sha256),
    },
    photos,
  );
  form.reset();
  note(_("Noted. It is sent as soon as there is a connection."));
}

state.addEventListener("change", showTrack);
changed.addEventListener("change", showClock);
onRegister((made) => {
  phone = made;
  showClock();
});
byId("begin").addEventListener("click", () => guarded(() => begin(phone, byId("mode").value)));
byId("end").addEventListener("click", () => guarded(end));
byId("visit").addEventListener("submit", (event) => {
  event.preventDefault();
  guarded(() => visit(event.target));
});

if (await startField()) {
  const me = await signedIn();
  phone = await current(me);
  // A patrol goes on under whoever began it; another person ends it before their own.
  const track = await running();
  if (phone && !track) choose(phone);
  showPhone(phone, me);
  await resume();
  await packRest();
  showTrack();
  await showClock();
}
document.body.dataset.ready = "1";
