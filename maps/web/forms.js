// Forms that send something once.

import { Problem } from "wardline/api";
import { message, replace } from "wardline/dom";

/** Let a form send something once; what refuses it is said beside it, and what was typed stays. */
export function sends(form, act) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.submitter ?? form.querySelector("[type=submit]");
    const place = form.querySelector("[data-problem]");
    button.disabled = true;
    replace(place);
    try {
      await act();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      replace(place, message(problem.title, problem.detail, "message-warn"));
    } finally {
      button.disabled = false;
    }
  });
}

/** Go on at a place after a form was sent, unless the reader has gone elsewhere meanwhile. */
export function goOn(form, place) {
  const now = document.activeElement;
  if (!now || now === document.body || form.contains(now)) place.focus();
}

/** What a form says; empty fields are left out. */
export function said(form) {
  return Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value).trim()]).filter(([, value]) => value));
}
