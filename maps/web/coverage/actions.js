// What is done at a marker or fence: a dialog that tells it with its photos, and where whoever may records more.

import { tell } from "wardline/admin-parts";
import { address, ask, every, Problem, read } from "wardline/api";
import { lateness, standing } from "wardline/coverage/due";
import { chosenOf, pictures, sendPhoto, troubleOf } from "wardline/coverage/pictures";
import { instantOf, localNow } from "wardline/days";
import { byId, facts, make, replace } from "wardline/dom";
import { page } from "wardline/page";
import { groups } from "wardline/palette";
import { _, instant, metres } from "wardline/text";

const FILES = ["photos", "taken"];
const DOINGS = {
  inspected: _("inspected"),
  "jointly-inspected": _("inspected together with the other side"),
  cleaned: _("cleaned"),
  repainted: _("repainted"),
  repaired: _("repaired"),
  replaced: _("replaced"),
  scanned: _("scanned"),
};
const PROOFS = { serviced: _("serviced"), inspected: _("inspected"), scanned: _("scanned") };
const CLOCKS = { routine: _("Routine"), joint: _("Joint inspection") };

function clocks(found) {
  return facts(
    found.map((thing) => {
      const state = thing.overdue ? lateness(thing) : groups.due.find(({ key }) => key === standing(thing)).label;
      return [CLOCKS[thing.clock], [state, thing.last_at ? _("last visited {when}", { when: instant(thing.last_at) }) : _("no visit known")].join(" · ")];
    }),
  );
}

/** What the two inputs of a form have wrong is said beside them; answers whether nothing is. */
async function fit(form) {
  const found = await Promise.all(FILES.map((name) => troubleOf(form.elements[name])));
  FILES.forEach((name, place) => form.elements[name].setAttribute("aria-invalid", String(Boolean(found[place]))));
  tell(byId("act-photo-problem"), found.find(Boolean) ?? null);
  return !found.some(Boolean);
}

/** A name for what is recorded: the same for the same, so that sending it again changes nothing. */
function namer() {
  let last = { text: null, id: null };
  return (marker, body) => {
    const text = JSON.stringify([marker, body]);
    if (text !== last.text) last = { text, id: crypto.randomUUID() };
    return { id: last.id, ...body };
  };
}

/** The form that records something; `where()` answers the address of the marker's actions, `recorded(photos)` goes on. */
function recorder(form, where, recorded) {
  const named = namer();
  const fields = form.elements;
  const begin = () => {
    form.reset();
    fields.at.max = localNow();
    fields.at.value = localNow();
    for (const name of FILES) fields[name].removeAttribute("aria-invalid");
    for (const id of ["act-problem", "act-photo-problem"]) tell(byId(id), null);
  };
  const record = async () => {
    if (!(await fit(form))) {
      FILES.map((name) => fields[name]).find((one) => one.getAttribute("aria-invalid") === "true").focus();
      return;
    }
    let photos = [];
    try {
      photos = (await Promise.all(FILES.map((name) => chosenOf(fields[name])))).flat();
    } catch (problem) {
      tell(byId("act-photo-problem"), problem);
      return;
    }
    const body = { action: fields.action.value, at: instantOf(fields.at.value), note: fields.note.value, photos: [...new Set(photos.map(({ sha256 }) => sha256))] };
    const made = await read(address(where()), { method: "POST", body: named(where(), body) });
    // What one sent for another action before is there already.
    const there = new Set(made.photos.filter(({ arrived }) => arrived).map(({ sha256 }) => sha256));
    begin();
    await recorded(photos.filter(({ sha256 }) => !there.has(sha256)));
  };
  replace(fields.action, ...Object.entries(DOINGS).filter(([key]) => key !== "scanned").map(([value, text]) => make("option", { value }, text)));
  for (const name of FILES) fields[name].addEventListener("change", () => fit(form));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.classList.contains("loading")) return;
    form.classList.add("loading");
    tell(byId("act-problem"), null);
    await record().catch((problem) => tell(byId("act-problem"), problem));
    form.classList.remove("loading");
  });
  return begin;
}

/** Let a marker be found by its code or name: the list of both is asked for once somebody begins to type. */
function finder(open) {
  const form = byId("marker-ask");
  const input = form.elements.code;
  input.addEventListener(
    "focus",
    async () => {
      const found = await every("markers", "/api/v1/layers/markers/items").catch(() => []);
      replace(byId("marker-codes"), ...found.map(({ properties: { code, name } }) => make("option", { value: code }, name && name !== code ? name : "")));
    },
    { once: true },
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    open(input.value.trim());
  });
}

/**
 * The dialog at a marker; `changed()` is called when it is closed after something was recorded. Answers {open(code),
 * beside(row, thing)}: `beside` adds to the row of a marker the button that opens it.
 */
export function markerActions(changed) {
  const dialog = byId("marker");
  if (!dialog) return { open: () => {}, beside: (row) => row };
  const form = byId("act");
  let code = "";
  let fresh = false;
  const path = () => `/api/v1/coverage/markers/${encodeURIComponent(code)}/actions`;

  const row = (one) =>
    make(
      "div",
      { class: "row", "data-action": one.id, "data-evidence": one.evidence },
      make("span", { class: "row-title" }, DOINGS[one.action] ?? one.action),
      make("span", { class: "row-value" }, PROOFS[one.evidence] ?? one.evidence),
      make("span", { class: "row-note" }, [instant(one.at), one.by, one.far ? _("recorded {n} from the marker", { n: metres(one.distance_m) }) : null, one.note].filter(Boolean).join(" · ")),
      pictures(one, one.device === page.sender && form !== null, () => came(code)),
    );
  const show = async () => {
    const asked = code;
    const found = await ask("actions", path());
    if (asked !== code) return;
    byId("marker-name").textContent = found.name && found.name !== found.marker ? `${found.marker} · ${found.name}` : found.marker;
    replace(byId("marker-clocks"), clocks(found.clocks));
    replace(byId("acts"), ...(found.actions.length ? found.actions.map(row) : [make("p", { class: "row soft" }, _("Nothing is recorded yet."))]));
  };
  const again = () => show().catch((problem) => tell(byId("acts-problem"), problem));
  const came = (at) => {
    if (!dialog.open) return changed();
    fresh = true;
    if (at !== code) return null;
    if (form) byId("act-said").textContent = _("The photo is here.");
    return again();
  };
  const begin = form && recorder(form, path, async (photos) => {
    const at = code;
    fresh = true;
    for (const photo of photos) sendPhoto(photo, () => came(at));
    byId("act-said").textContent = photos.length ? _("Recorded. Its photo is being sent.") : _("Recorded.");
    await again();
  });
  const open = async (wanted, place = byId("marker-problem")) => {
    const before = code;
    code = wanted;
    tell(byId("marker-problem"), null);
    tell(byId("acts-problem"), null);
    try {
      await show();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      code = before;
      tell(place, problem);
      place.scrollIntoView({ block: "nearest" });
      return;
    }
    // What was typed for a marker is there again when the same is opened again.
    if (begin && wanted !== before) begin();
    if (form) byId("act-said").textContent = "";
    if (!dialog.open) dialog.showModal();
  };
  byId("marker-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", async () => {
    if (!fresh) return;
    fresh = false;
    // The row that it was opened from may be gone with what was due.
    byId("marker-ask").elements.code.focus();
    await changed();
  });
  finder(open);
  return {
    open,
    beside(element, thing) {
      if (thing.kind !== "marker") return element;
      const box = element.classList.contains("row-beside") ? element : make("div", { class: "row-beside" }, element);
      const label = form ? _("Record what was done: {where}", { where: thing.where }) : _("What was done: {where}", { where: thing.where });
      box.append(make("button", { class: "chip row-act no-print", type: "button", "aria-label": label, "data-marker": thing.code, on: { click: () => open(thing.code) } }, form ? _("Record what was done") : _("What was done")));
      return box;
    },
  };
}
