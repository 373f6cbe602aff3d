// What waits to be sent. Everything has an id made here, once; the bytes never change after that.

import { all, get, pointsFrom, together } from "wardline/store";
import { _ } from "wardline/text";

const POINTS_IN_A_BATCH = 1000;

export const changed = new EventTarget();

function tell() {
  changed.dispatchEvent(new Event("change"));
}

function entry(kind, phone, body, more = {}) {
  return {
    id: crypto.randomUUID(),
    kind,
    phone: phone?.code ?? null,
    login: phone?.login ?? null,
    district: phone?.district ?? null,
    body,
    made_at: new Date().toISOString(),
    state: "waiting",
    problem: null,
    ...more,
  };
}

/** Queue a visit, a meeting or an incident of a registered phone, with its photos, all or nothing; its draft ends. */
export async function post(phone, kind, item, photos = [], draft = null) {
  const batch = entry("batch", phone, JSON.stringify({ sent_at: new Date().toISOString(), [kind]: [item] }), {
    title: item.title || item.marker || item.place || item.class,
  });
  await together(["outbox", "files", "drafts"], (stores) => {
    stores.outbox.put(batch);
    if (draft) stores.drafts.delete(draft);
    for (const photo of photos) {
      stores.files.put({ sha256: photo.sha256, blob: photo.blob });
      stores.outbox.put(entry("file", phone, null, { sha256: photo.sha256, title: photo.name }));
    }
  });
  tell();
  return batch.id;
}

/** Queue a report of somebody who has not signed in. */
export async function postAnonymous(report, district) {
  const made = entry("report", null, JSON.stringify(report), { district, title: report.title });
  await together(["outbox"], (stores) => stores.outbox.put(made));
  tell();
  return made.id;
}

/** Some points of a track as a batch. */
function partOf(track, points) {
  const part = {
    track: track.track,
    mode: track.mode,
    name: track.name,
    started_at: track.started_at,
    ended_at: track.ended_at,
    points: points.map(({ track: _track, ...point }) => point),
  };
  return JSON.stringify({ sent_at: new Date().toISOString(), tracks: [part] });
}

/** Move measured points of a track into batches; the rest of a running one waits for the next time. */
export async function pack(track, phone) {
  for (;;) {
    const points = await pointsFrom(track, (await get("tracks", track)).packed, POINTS_IN_A_BATCH);
    if (!points.length) break;
    await together(["tracks", "outbox"], async (stores, settled) => {
      const now = await settled(stores.tracks.get(track));
      // Another page may have packed meanwhile.
      if (now.packed !== points[0].seq) return;
      const body = partOf(now, points);
      stores.outbox.put(entry("batch", phone, body, { track, first: points[0].seq, last: points.at(-1).seq }));
      stores.tracks.put({ ...now, packed: points.at(-1).seq + 1 });
    });
    tell();
  }
  await packEnd(track, phone);
}

/** Say that a shift ended, once, by itself and before what waits of it: nobody may see any longer where its person is. */
async function packEnd(track, phone) {
  await together(["tracks", "outbox"], async (stores, settled) => {
    const now = await settled(stores.tracks.get(track));
    if (!now.ended_at || now.told) return;
    stores.outbox.put(entry("batch", phone, partOf(now, []), { ends: true, title: _("End of a patrol") }));
    stores.tracks.put({ ...now, told: true });
  });
  tell();
}

/** The service has it: out of the box, its verdict into the receipts. */
export async function acknowledge(sent, reply) {
  const trouble = (reply?.items ?? []).filter((item) => item.verdict === "quarantined");
  await together(["outbox", "receipts", "points", "files", "phones"], async (stores, settled) => {
    stores.outbox.delete(sent.id);
    if (sent.kind === "file") stores.files.delete(sent.sha256);
    if (sent.track) stores.points.delete(IDBKeyRange.bound([sent.track, sent.first], [sent.track, sent.last]));
    stores.receipts.put({
      id: sent.id,
      kind: sent.kind,
      title: sent.title ?? null,
      login: sent.login,
      at: new Date().toISOString(),
      counts: reply?.counts ?? null,
      trouble,
      outside: (reply?.items ?? []).reduce((sum, item) => sum + (item.outside_shift ?? 0), 0),
      incident: reply?.id ?? null,
      incidents: (reply?.items ?? []).reduce((sum, item) => sum + (item.incidents?.length ?? 0), 0),
    });
    const behind = reply?.clock_behind_s ?? null;
    const phone = sent.phone && behind !== null ? await settled(stores.phones.get(sent.phone)) : null;
    if (phone) stores.phones.put({ ...phone, behind_s: behind });
  });
  tell();
}

/** The service refused it. It stays, with the reason, until its cause is mended. */
export async function refuse(sent, problem) {
  await together(["outbox"], async (stores, settled) => {
    const now = await settled(stores.outbox.get(sent.id));
    if (now) stores.outbox.put({ ...now, state: "refused", problem });
  });
  tell();
}

/** Let what was refused be tried again. */
export async function retry(only = () => true) {
  await together(["outbox"], async (stores, settled) => {
    for (const one of await settled(stores.outbox.getAll())) {
      if (one.state === "refused" && only(one)) stores.outbox.put({ ...one, state: "waiting", problem: null });
    }
  });
  tell();
}

export async function waiting() {
  const found = await all("outbox");
  return found.sort((one, other) => Boolean(other.ends) - Boolean(one.ends) || one.made_at.localeCompare(other.made_at));
}
