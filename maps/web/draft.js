// A visit or meeting that is being written: kept in the phone's memory with each key, so that nothing is lost.

import { get, put, remove } from "wardline/store";

export const MEMBERS = ["opinions", "problems", "actions", "requests"];

function empty(view) {
  return { view, id: crypto.randomUUID(), fields: {}, opinions: [], problems: [], actions: [], requests: [], photos: [] };
}

let draft = null;
let writing = Promise.resolve();
let queued = null;

/** The draft of a page as it was left, or a new one. */
export async function begin(view) {
  draft = (await get("drafts", view)) ?? empty(view);
  return draft;
}

/** Keep the draft as it is now; one write after the other, and one for all that is typed during another. */
export function keep() {
  if (!queued) {
    queued = writing.then(() => {
      queued = null;
      return put("drafts", draft);
    });
    writing = queued.catch(() => null);
  }
  return queued;
}

/** Begin anew; what was kept is gone where it was not sent. */
export async function renew() {
  const { view } = draft;
  await writing;
  draft = empty(view);
  await remove("drafts", view);
  return draft;
}

export function addPart(member) {
  const part = { id: crypto.randomUUID(), fields: {}, photos: [] };
  draft[member].push(part);
  return part;
}

export function removePart(member, part) {
  draft[member] = draft[member].filter((one) => one !== part);
}

function counts(fields) {
  const found = {};
  for (const [name, value] of Object.entries(fields)) {
    if (name.startsWith("attendance-") && value !== "") found[name.slice("attendance-".length)] = Number(value);
  }
  return found;
}

function problemOf(part) {
  const { fields } = part;
  return {
    id: part.id,
    class: fields.class,
    title: fields.title.trim(),
    description: fields.description ?? "",
    opinion: fields.opinion || null,
    solution: fields.solution?.trim() || null,
    photos: part.photos.map((one) => one.sha256),
  };
}

function actionOf({ id, fields }) {
  const owner = { unit: null, representative: null, [fields.owner]: fields.code.trim() };
  return { id, text: fields.text.trim(), due_on: fields.due_on, ...owner };
}

/** The record that is sent, and all photos it names. */
export function recordOf(lon, lat) {
  const { fields, view } = draft;
  const visit = view === "visit";
  const kind = visit ? "visit" : fields.kind;
  const council = kind === "council";
  const record = {
    id: draft.id,
    kind,
    at: new Date(fields.at).toISOString(),
    place: fields.place.trim(),
    lon,
    lat,
    representative: visit ? fields.representative.trim() : null,
    duty: visit ? fields.duty : null,
    served: Number(fields.served || 0),
    topic: council ? fields.topic.trim() : "",
    options: council ? optionsOf(fields) : [],
    decision: council ? (fields.decision ?? "").trim() : "",
    attendance: counts(fields),
    note: fields.note ?? "",
    opinions: draft.opinions.map((one) => ({ id: one.id, text: one.fields.text.trim() })),
    problems: draft.problems.map(problemOf),
    actions: draft.actions.map(actionOf),
    requests: draft.requests.map(({ id, fields: said }) => ({ id, kind: said.kind, text: said.text.trim(), unit: said.unit?.trim() || null })),
    photos: draft.photos.map((one) => one.sha256),
  };
  return { record, photos: [...draft.photos, ...draft.problems.flatMap((one) => one.photos)] };
}

export function optionsOf(fields) {
  return (fields.options ?? "").split("\n").map((one) => one.trim()).filter(Boolean);
}
