// A file of rows that is looked at, then stored: how far it is told, and what is wrong in it row by row.

import { Problem, address } from "wardline/api";
import { make, message, replace } from "wardline/dom";
import { page } from "wardline/page";
import { _, count } from "wardline/text";

const TICK_MS = 250;

/** Send a file and read the answer; `told` hears the share of it that is sent, then null while it is worked on. */
function send(path, parameters, file, told, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address(path, parameters));
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Accept-Language", page.lang);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.addEventListener("progress", (event) => told(event.lengthComputable ? event.loaded / event.total : null));
    request.upload.addEventListener("load", () => told(null));
    request.addEventListener("error", () => reject(new Problem(_("The service cannot be reached"), _("Check the connection, then try again."), "", 0)));
    request.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
    request.addEventListener("load", () => {
      let body = {};
      try {
        body = JSON.parse(request.responseText);
      } catch {
        // not a problem document: the status alone has to do
      }
      if (request.status < 300) resolve(body);
      else reject(new Problem(body.title || _("The service answered {status}", { status: request.status }), body.detail || _("Try again in a moment."), body.code || "", request.status, [], body));
    });
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

function quoted(value) {
  return `"${String(value ?? "").replaceAll('"', '""')}"`;
}

/** All defects as a table to take away. */
function asTable(rows) {
  const head = ["row", "code", "field", "problem", "mend"];
  const lines = [head.join(","), ...rows.map((one) => head.map((name) => quoted(one[name])).join(","))];
  return URL.createObjectURL(new Blob([`\ufeff${lines.join("\r\n")}\r\n`], { type: "text/csv" }));
}

/** What is wrong in a file, where and how to mend it. */
function defects(problem) {
  const { rows, count: number } = problem.body;
  const told = rows.map((one) =>
    make(
      "tr",
      {},
      make("th", { scope: "row", class: "n" }, count(one.row)),
      make("td", {}, one.code),
      make("td", {}, one.field),
      make("td", {}, one.problem, make("div", { class: "soft" }, one.mend)),
    ),
  );
  const head = [_("Row"), _("Code"), _("Column"), _("What is wrong, and how to mend it")];
  const table = make("table", {}, make("thead", {}, make("tr", {}, ...head.map((name) => make("th", { scope: "col" }, name)))), make("tbody", {}, ...told));
  return [
    message(_("{n} defects; nothing was stored.", { n: count(number) }), _("Mend them in the file and choose it again."), "message-warn"),
    number > rows.length ? make("p", { class: "soft" }, _("The first {n} are listed.", { n: count(rows.length) })) : null,
    make("div", { class: "upload-defects", tabindex: 0, role: "region", "aria-label": _("Defects of the file") }, table),
    make("p", {}, make("a", { class: "upload-take", href: asTable(rows), download: "defects.csv" }, _("Take the list of defects as CSV"))),
  ];
}

/**
 * Let a form take in a file: `form` has an input of files, a progress bar with words, a place for what is said, and
 * the buttons "Check" and, once it is found good, "Store". `path` answers the address, `found` tells what a file
 * holds, `stored` is called after it was stored.
 */
export function takesFile(form, { path, parameters = () => ({}), found, stored }) {
  const input = form.querySelector("input[type=file]");
  const [check, store, cancel] = ["check", "store", "cancel"].map((name) => form.querySelector(`[data-act=${name}]`));
  const [bar, words, place] = ["progress", "[data-words]", "[data-said]"].map((name) => form.querySelector(name));
  let running = null;

  function waiting(share, begun) {
    if (share === null) bar.removeAttribute("value");
    else bar.value = share;
    const seconds = count(Math.floor((performance.now() - begun) / 1000));
    words.textContent = share === null ? _("Looking at the rows, {n} s", { n: seconds }) : _("Sent {n} %", { n: count(Math.floor(share * 100)) });
  }

  async function run(apply) {
    const file = input.files[0];
    if (!file || running) return;
    const begun = performance.now();
    running = new AbortController();
    replace(place);
    store.hidden = true;
    check.disabled = true;
    bar.parentElement.hidden = cancel.hidden = false;
    let share = 0;
    waiting(share, begun);
    const timer = setInterval(() => waiting(share, begun), TICK_MS);
    try {
      const hear = (now) => {
        share = now;
        waiting(share, begun);
      };
      const told = await send(path(), { name: file.name, apply, ...parameters() }, file, hear, running.signal);
      replace(place, message(found(told), apply ? "" : _("Nothing is stored yet.")));
      store.hidden = apply;
      if (apply) {
        input.value = "";
        await stored(told);
      } else {
        store.focus();
      }
    } catch (problem) {
      if (problem.name === "AbortError") replace(place, message(_("Broken off; nothing was stored."), ""));
      else if (problem.body?.rows?.[0]?.problem) replace(place, ...defects(problem));
      else if (problem instanceof Problem) replace(place, message(problem.title, problem.detail, "message-warn"));
      else throw problem;
    } finally {
      clearInterval(timer);
      bar.parentElement.hidden = cancel.hidden = true;
      check.disabled = false;
      running = null;
    }
  }

  input.addEventListener("change", () => {
    store.hidden = true;
    replace(place);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run(event.submitter === store);
  });
  cancel.addEventListener("click", () => running?.abort());
}
