// A report of something seen: by a registered phone, or by anybody. It waits here until it is received.

import { guarded } from "wardline/carrier";
import { byId } from "wardline/dom";
import { note, now, position, startField } from "wardline/field";
import { post, postAnonymous } from "wardline/outbox";
import { page } from "wardline/page";
import { current, signedIn } from "wardline/phone";
import { photosOf } from "wardline/photos";
import { _ } from "wardline/text";

let phone = null;
let measured = null;

function number(form, name) {
  const text = form.elements[name].value.trim().replace(",", ".");
  const value = Number(text);
  if (text === "" || !Number.isFinite(value)) throw new Error(_("Give the position: use the button, or type longitude and latitude."));
  return value;
}

async function here() {
  const coords = await position();
  const { elements } = byId("report");
  elements.lon.value = coords.longitude.toFixed(7);
  elements.lat.value = coords.latitude.toFixed(7);
  measured = { lon: elements.lon.value, lat: elements.lat.value, accuracy_m: Math.min(coords.accuracy, 10_000) };
  byId("accuracy").textContent = _("good to {n} m", { n: Math.round(coords.accuracy) });
}

/** How good the place is, where it is the measured one still and was not typed over. */
function accuracy(form) {
  const { lon, lat } = form.elements;
  return measured && measured.lon === lon.value && measured.lat === lat.value ? measured.accuracy_m : null;
}

async function send(form) {
  const incident = {
    class: form.elements.class.value,
    title: form.elements.title.value.trim(),
    description: form.elements.description.value,
    lon: number(form, "lon"),
    lat: number(form, "lat"),
    accuracy_m: accuracy(form),
    occurred_at: now(),
  };
  if (phone) {
    const photos = await photosOf(form.elements.photos);
    await post(phone, "incidents", { id: crypto.randomUUID(), ...incident, photos: photos.map((one) => one.sha256), version: null }, photos);
  } else {
    const district = form.elements.district?.value || page.districts[0]?.code || null;
    await postAnonymous({ channel: "web", ...incident }, district);
  }
  form.reset();
  measured = null;
  byId("accuracy").textContent = "";
  note(_("Kept on this phone. It is sent as soon as there is a connection."));
}

byId("here").addEventListener("click", () => guarded(here));
byId("report").addEventListener("submit", (event) => {
  event.preventDefault();
  guarded(() => send(event.target));
});

if (await startField()) {
  phone = await current(await signedIn());
  byId("photos-field").hidden = !phone;
  byId("as").textContent = phone
    ? _("You report as {name}.", { name: phone.login })
    : _("You report without a name. Nobody is told who you are.");
}
document.body.dataset.ready = "1";
