// What the parts of the administration share: dialogs, refusals where they happened, names of roles, days.

import { Problem, read } from "wardline/api";
import { byId, make, message, replace } from "wardline/dom";
import { page } from "wardline/page";
import { _ } from "wardline/text";

/** The roles that can be granted, in the reader's language. */
export const roles = {
  grid_worker: _("Grid worker"),
  guard: _("Border guard"),
  representative: _("Representative"),
  coordinator: _("Coordinator"),
  planner: _("Planner"),
  reviewer: _("Reviewer"),
  supervisor: _("Supervisor"),
  administrator: _("Administrator"),
  auditor: _("Auditor"),
};

/** An address with its parameters, without those that are empty. */
export function where(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined && value !== "") query.set(name, value);
  }
  const text = query.toString();
  return `/api/v1/${path}${text ? `?${text}` : ""}`;
}

/** Show a refusal in a place, or clear it. */
export function tell(place, problem) {
  place.hidden = !problem;
  if (!problem) {
    replace(place);
    return;
  }
  if (!(problem instanceof Problem)) throw problem;
  const text = [problem.detail];
  if (problem.status === 401) {
    text.push(" ", make("a", { href: "/signin", target: "_blank", rel: "noopener" }, _("Sign in in another tab, then try again here.")));
  }
  replace(place, message(problem.title, make("span", {}, ...text), "message-warn"));
}

/** Do something and show its refusal in a place; return whether it was done. */
export async function attempt(place, act) {
  tell(place, null);
  try {
    await act();
    return true;
  } catch (problem) {
    tell(place, problem);
    return false;
  }
}

let dialogs = 0;

/**
 * A dialog with a form. `act` does it: a refusal is shown in the dialog and nothing typed is lost, also not by
 * closing it. `open()` ends when it is closed and says whether it was done.
 */
export function dialog(title, children, { action, danger = false, act }) {
  dialogs += 1;
  const name = `dialog-${dialogs}`;
  const trouble = make("div", { hidden: true });
  const cancel = make("button", { class: "button", type: "button" }, _("Cancel"));
  const go = make("button", { class: `button ${danger ? "button-danger" : "button-strong"}`, type: "submit" }, action);
  const form = make("form", { class: "form" }, make("h2", { id: name }, title), ...children, trouble, make("div", { class: "dialog-actions" }, cancel, go));
  const box = make("dialog", { class: "dialog", "aria-labelledby": name }, form);
  let busy = false;
  cancel.addEventListener("click", () => box.close());
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    form.classList.add("loading");
    if (await attempt(trouble, act)) box.close("done");
    form.classList.remove("loading");
    busy = false;
  });
  return {
    form,
    open: () => {
      tell(trouble, null);
      box.returnValue = "";
      return shown(box);
    },
  };
}

/** Open a dialog, and give the focus back to where it came from when it is closed. */
function shown(box) {
  const from = document.activeElement;
  document.body.append(box);
  box.showModal();
  return new Promise((resolve) => {
    box.addEventListener(
      "close",
      () => {
        box.remove();
        if (from?.isConnected) from.focus();
        resolve(box.returnValue === "done");
      },
      { once: true },
    );
  });
}

/** Ask before something that cannot simply be undone. */
export function confirm(title, text, action, act) {
  return dialog(title, [make("p", {}, text)], { action, danger: true, act }).open();
}

/** Show what is shown only once; Escape does not close it, because nobody could see it again. */
export function secret(title, lines, value) {
  dialogs += 1;
  const name = `dialog-${dialogs}`;
  const said = make("span", { class: "faint", role: "status" });
  const text = make("output", { class: "secret", tabindex: "0" }, value);
  const copy = make("button", { class: "button", type: "button" }, _("Copy"));
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(value);
    said.textContent = _("Copied");
  });
  const done = make("button", { class: "button button-strong", type: "submit" }, _("I have handed it over"));
  const form = make(
    "form",
    { class: "form", method: "dialog" },
    make("h2", { id: name }, title),
    ...lines.map((line) => make("p", {}, line)),
    make("div", { class: "secret-line" }, text, navigator.clipboard ? copy : null, said),
    make("p", { class: "message message-warn" }, _("It is shown this once. If it gets lost, make a new one.")),
    make("div", { class: "dialog-actions" }, done),
  );
  const box = make("dialog", { class: "dialog", "aria-labelledby": name, on: { cancel: (event) => event.preventDefault() } }, form);
  return shown(box);
}

export function field(label, control, note = null) {
  return make("label", { class: "field" }, label, control, note);
}

/** A district as its readers call it. */
export function districtName(code) {
  return page.districts.find((one) => one.code === code)?.name ?? code;
}

/** Today in a district, or in UTC for all of them. */
export function today(code) {
  const zone = page.districts.find((one) => one.code === code)?.timezone ?? "UTC";
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });
  return parts.format(new Date());
}

/** The day some days after another, as YYYY-MM-DD. */
export function daysAfter(iso, days) {
  const value = new Date(`${iso}T00:00:00Z`);
  value.setUTCDate(value.getUTCDate() + days);
  return value.toISOString().slice(0, 10);
}

const people = new Map();

export function remember(person) {
  people.set(person.id, person);
}

/** The person of an id; asked for where they are not known yet, and null where they cannot be seen. */
export async function personOf(id) {
  if (!people.has(id)) people.set(id, await read(where(`people/${id}`)).catch(() => null));
  return people.get(id);
}

/** What a list shows while it holds nothing: what it is for and what to do. */
export function empty(title, text) {
  return message(title, text);
}

/** The problem place of a tab. */
export function troubleOf(tab) {
  return byId(`${tab}-problem`);
}
