// Administration: its tabs, and those of them that are only read.

import { read } from "wardline/api";
import { showDevices, startDevices } from "wardline/admin-devices";
import { attempt, empty, troubleOf, where } from "wardline/admin-parts";
import { startPeople } from "wardline/admin-people";
import { halfFilled } from "wardline/admin-person";
import { byId, make } from "wardline/dom";
import { page } from "wardline/page";
import { _, count, instant } from "wardline/text";

const PAGE = 30;
const audit = { before: null };

function district(tab) {
  return byId(`${tab}-district`)?.value ?? page.districts[0]?.code ?? "";
}

function none() {
  return empty(_("No district yet"), _("Import one first: ./wardline import, or ./wardline demo."));
}

function entry(one) {
  const subject = [one.subject_kind, one.subject].filter(Boolean).join(" ");
  const why = one.purpose ? _("for: {purpose}", { purpose: one.purpose }) : null;
  const detail = Object.entries(one.detail).map(([name, value]) => `${name}: ${typeof value === "object" ? JSON.stringify(value) : value}`);
  return make(
    "li",
    { class: "entry" },
    make("span", { class: "number faint" }, `#${one.entry}`),
    make("span", { class: "number" }, instant(one.at)),
    make("span", {}, make("strong", {}, one.actor_name), " ", make("code", {}, one.action)),
    make("span", { class: "row-note" }, [subject, ...detail, why].filter(Boolean).join(" · ")),
  );
}

async function loadAudit(fresh) {
  const code = district("audit");
  if (!code) {
    byId("audit-rows").replaceChildren(none());
    return;
  }
  const answer = await read(where("audit", { district: code, limit: PAGE, before: fresh ? null : audit.before }));
  if (fresh) byId("audit-rows").replaceChildren(make("ol", { class: "entries" }));
  byId("audit-rows").querySelector("ol")?.append(...answer.items.map(entry));
  if (fresh && !answer.items.length) byId("audit-rows").replaceChildren(empty(_("Nothing is recorded yet"), _("Reads of other people's tracks, exports, decisions and changes of rules are written here.")));
  audit.before = answer.before;
  byId("audit-more").hidden = answer.items.length < PAGE;
}

async function loadQuarantine() {
  const code = district("quarantine");
  const place = byId("quarantine-rows");
  if (!code) {
    place.replaceChildren(none());
    return;
  }
  byId("quarantine-page").href = `/quarantine?${new URLSearchParams({ district: code })}`;
  const { reasons, items } = await read(where("quarantine", { district: code, limit: 5 }));
  const rows = Object.entries(reasons).map(([reason, number]) => {
    const example = items.find((one) => one.reason === reason);
    return make("li", { class: "grant" }, make("span", { class: "row-title" }, make("code", {}, reason)), make("span", { class: "row-value number" }, count(number)), make("span", { class: "row-note" }, example?.detail ?? ""));
  });
  place.replaceChildren(rows.length ? make("ul", { class: "grants" }, ...rows) : empty(_("Nothing waits"), _("Everything that came from the field was stored. There is nothing to do.")));
}

const tabs = {
  people: () => {},
  devices: showDevices,
  quarantine: () => attempt(troubleOf("quarantine"), loadQuarantine),
  audit: () => attempt(troubleOf("audit"), () => loadAudit(true)),
  retention: () => {},
};

async function turn() {
  const wanted = window.location.hash.slice(1);
  const tab = wanted in tabs ? wanted : "people";
  for (const name of Object.keys(tabs)) byId(`tab-${name}`).hidden = name !== tab;
  for (const link of document.querySelectorAll(".tabs a")) {
    const here = link.hash === `#${tab}`;
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    if (here) link.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  await tabs[tab]();
}

for (const name of ["quarantine", "audit"]) byId(`${name}-district`)?.addEventListener("change", () => tabs[name]());
byId("audit-more").addEventListener("click", () => attempt(troubleOf("audit"), () => loadAudit(false)));
window.addEventListener("hashchange", turn);
window.addEventListener("beforeunload", (event) => {
  if (halfFilled()) event.preventDefault();
});
startDevices();
await Promise.all([startPeople(), turn()]);
document.body.dataset.ready = "1";
