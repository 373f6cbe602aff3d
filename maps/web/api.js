// Questions to the service, and their refusals as texts that say how to mend them.

import { byId, message, replace } from "wardline/dom";
import { page } from "wardline/page";
import { _ } from "wardline/text";

/** A refusal: the title, the detail in the reader's language, the stable code, what a map can draw, all it said. */
export class Problem extends Error {
  constructor(title, detail, code, status, features = [], body = {}) {
    super(detail || title);
    this.title = title;
    this.detail = detail;
    this.code = code;
    this.status = status;
    this.features = features;
    this.body = body;
  }
}

/** An address with its parameters; empty ones are left out, the district is always named. */
export function address(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== null && one !== undefined && one !== "") query.append(name, one);
    }
  }
  if (page.district) query.set("district", page.district.code);
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

/** What an answer that is no success says, as a Problem. */
export async function refusal(response) {
  let body = {};
  try {
    body = await response.json();
  } catch {
    // not a problem document: the status alone has to do
  }
  return new Problem(
    body.title || _("The service answered {status}", { status: response.status }),
    body.detail || _("Try again in a moment."),
    body.code || "",
    response.status,
    body.features?.features ?? body.features ?? [],
    body,
  );
}

/** Send a question, `body` as JSON or `file` as it is; only that nobody answers is a Problem. */
async function send(where, options) {
  const headers = { Accept: "application/json, application/geo+json", "Accept-Language": page.lang, ...options.headers };
  const request = { headers, method: options.method || "GET", signal: options.signal };
  if (options.body !== undefined) {
    headers["Content-Type"] = "application/json";
    request.body = JSON.stringify(options.body);
  }
  if (options.file) {
    headers["Content-Type"] = "application/octet-stream";
    request.body = options.file;
  }
  try {
    return await fetch(where, request);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(_("The service cannot be reached"), _("Check the connection, then try again."), "", 0);
  }
}

/** The JSON at an address, or null for no content; sends `body` as JSON or `file` as it is. A refusal is thrown as a Problem. */
export async function read(where, options = {}) {
  const response = await send(where, options);
  if (!response.ok) throw await refusal(response);
  return response.status === 204 ? null : response.json();
}

/** The file at an address, as it is. A refusal is thrown as a Problem. */
export async function take(where, options = {}) {
  const response = await send(where, options);
  if (!response.ok) throw await refusal(response);
  return response.blob();
}

/** What is at an address, if it is not what had this tag: {value, tag}, the value null while nothing has changed. */
export async function news(where, tag, options = {}) {
  const response = await send(where, tag ? { ...options, headers: { "If-None-Match": tag } } : options);
  if (response.status === 304) return { value: null, tag };
  if (!response.ok) throw await refusal(response);
  return { value: await response.json(), tag: response.headers.get("ETag") };
}

/** Tell questions of one kind apart: each call begins one, and returns what says whether it is still the newest. */
export function turns() {
  let last = 0;
  return () => {
    last += 1;
    const mine = last;
    return () => mine === last;
  };
}

/** Ask for JSON. What an export carries with it is answered from there, under the same name. */
export async function ask(name, path, parameters = {}, options = {}) {
  if (page.data && name in page.data) return page.data[name];
  return read(address(path, parameters), options);
}

/** All pages of a list of features, at most `most` of them. */
export async function every(name, path, parameters = {}, most = 5000) {
  const features = [];
  let cursor = null;
  do {
    const answer = await ask(name, path, { ...parameters, limit: 1000, cursor });
    features.push(...answer.features);
    cursor = answer.cursor || answer.next || null;
  } while (cursor && features.length < most);
  return features;
}

/** Show a refusal in the panel, or clear it. */
export function show(problem) {
  const place = byId("problem");
  place.hidden = !problem;
  if (!problem) {
    replace(place);
    return;
  }
  if (!(problem instanceof Problem)) throw problem;
  replace(place, message(problem.title, problem.detail, "message-warn"));
}
