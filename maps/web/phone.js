// Who carries this phone: each person who signs in on it gets a device of their own, and keeps it.
//
// Another person may take the phone over at any time. What the first one has not sent yet stays, and goes with
// the first one's own token.

import { Problem } from "wardline/api";
import { retry } from "wardline/outbox";
import { page } from "wardline/page";
import { all, get, put } from "wardline/store";
import { _ } from "wardline/text";

const CHOSEN = "wardline-phone";

async function json(path, options = {}) {
  const answer = await fetch(path, {
    cache: "no-store",
    ...options,
    headers: { Accept: "application/json", "Accept-Language": page.lang, ...options.headers },
  });
  if (answer.status === 204) return null;
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    throw new Problem(
      body.title || _("The service answered {status}", { status: answer.status }),
      body.detail || _("Try again in a moment."),
      body.code || "",
      answer.status,
    );
  }
  return body;
}

function post(path, body = null) {
  const options = { method: "POST" };
  if (body) Object.assign(options, { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
  return json(path, options);
}

/** Who is signed in with this browser; null for nobody, undefined where the service cannot be asked. */
export async function signedIn() {
  try {
    // Not /api/v1/me, which refuses whoever is nobody: browsers log each refusal.
    return await json("/api/v1/session");
  } catch {
    return undefined;
  }
}

/** The registration in use: of whoever is signed in, else the last one used. */
export async function current(me) {
  const phones = await all("phones");
  if (me) return phones.find((one) => one.login === me.name) ?? null;
  return phones.find((one) => one.code === localStorage.getItem(CHOSEN)) ?? null;
}

export function choose(phone) {
  localStorage.setItem(CHOSEN, phone.code);
}

/** Register this phone for whoever is signed in, or renew a registration that has ended. */
export async function register(me, district) {
  const known = await current(me);
  const made = known
    ? await post(`/api/v1/devices/${encodeURIComponent(known.code)}/token`)
    : await post("/api/v1/devices", { code: `phone-${crypto.randomUUID().slice(0, 13)}`, name: _("Phone of {name}", { name: me.name }) });
  const phone = {
    code: made.code,
    token: made.token,
    login: me.name,
    district: known?.district ?? district,
    registered_at: new Date().toISOString(),
  };
  await put("phones", phone);
  choose(phone);
  await retry((one) => one.phone === phone.code);
  return phone;
}

export function byCode(code) {
  return get("phones", code);
}
