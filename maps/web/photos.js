// Photos: what is one, their digests, and sending them in parts that go on from where the connection was lost.

import { _, decimal } from "wardline/text";

export const FIRST_PAUSE_MS = 2000;
export const LONGEST_PAUSE_MS = 60_000;
const PART_BYTES = 512 * 1024;
const LARGEST_BYTES = 15_000_000;
const TELLING_BYTES = 12;
const MEGABYTE = 1_000_000;
const NEVER_BY_ITSELF = new Set([400, 401, 403, 404, 409, 410, 413, 415, 422]);
const KINDS = [/^\xff\xd8\xff/, /^\x89PNG\r\n\x1a\n/, /^RIFF[^]{4}WEBP/, /^[^]{4}ftyp(heic|heix|heim|heis|mif1|msf1)/];

/** Whether what was answered so may be taken when it is sent again as it is. */
export function mayPass(status) {
  return !NEVER_BY_ITSELF.has(status);
}

/** Why the service would not take a file as a photo, or "". */
export async function unfit(file) {
  if (file.size > LARGEST_BYTES) {
    return _("{name} has {size} MB; {most} MB are taken. Make the photo smaller.", { name: file.name, size: decimal(file.size / MEGABYTE, 1), most: LARGEST_BYTES / MEGABYTE });
  }
  const head = String.fromCharCode(...new Uint8Array(await file.slice(0, TELLING_BYTES).arrayBuffer()));
  return KINDS.some((kind) => kind.test(head)) ? "" : _("{name} is no photo. Choose a JPEG, PNG, WebP or HEIC picture.", { name: file.name });
}

/** The photos of a file input with their digests. */
export async function photosOf(input) {
  return Promise.all(
    [...input.files].map(async (file) => {
      const bytes = await file.arrayBuffer();
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
      const sha256 = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      // A copy: the file behind an input may be gone by the time it is sent.
      return { sha256, name: file.name, blob: new Blob([bytes], { type: file.type }) };
    }),
  );
}

/**
 * Send what the service has not of a file; return its last answer. `ask(method, headers, body)` asks the address of the
 * file; `told` hears the share that is there.
 */
export async function sendParts(ask, blob, told = () => {}) {
  const known = await ask("HEAD", {});
  let offset = known.ok ? Number(known.headers.get("Upload-Offset") ?? 0) : 0;
  let answer = known;
  do {
    told(offset / blob.size);
    const last = Math.min(offset + PART_BYTES, blob.size);
    answer = await ask(
      "PUT",
      { "Content-Type": "application/octet-stream", "Content-Range": `bytes ${offset}-${last - 1}/${blob.size}` },
      blob.slice(offset, last),
    );
    offset = last;
  } while (answer.status === 202 && offset < blob.size);
  return answer;
}
