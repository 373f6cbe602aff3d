// Taking a track, or a time of it, out of all figures, and letting it count again: a button beside its row, and why.

import { address, read } from "wardline/api";
import { sends } from "wardline/coverage/declared";
import { instantOf } from "wardline/days";
import { announce, byId, make, replace } from "wardline/dom";
import { _, instant } from "wardline/text";

/** What of a track counts no more, in words. */
export function withdrawnNote({ withdrawn }) {
  return withdrawn.map(({ from_at: from, to_at: to, withdrawn_by: who, reason: why }) =>
    from === null ? _("withdrawn by {who}: {why}", { who, why }) : _("{from} to {to} withdrawn by {who}: {why}", { from: instant(from), to: instant(to), who, why }),
  );
}

/** The dialog; `changed()` is called after a change. Answers `beside(row, patrol, title)`, which adds what can be done. */
export function withdrawing(changed) {
  const dialog = byId("track");
  if (!dialog) return (row) => row;
  const form = dialog.querySelector("form");
  byId("track-cancel").addEventListener("click", () => dialog.close(""));

  const open = (patrol, title, before) => {
    form.reset();
    replace(byId("track-problem"));
    byId("track-title").textContent = before ? _("Let it count again") : _("Withdraw a track");
    byId("track-whose").textContent = title;
    byId("track-send").textContent = before ? _("Restore") : _("Withdraw");
    byId("track-times").hidden = Boolean(before);
    const path = `/api/v1/patrols/${encodeURIComponent(patrol.id)}/withdrawals`;
    form.onsubmit = sends(dialog, byId("track-problem"), async ({ from_at: from, to_at: to, reason }) => {
      const time = before || (!from.value && !to.value) ? {} : { from_at: from.value ? instantOf(from.value) : null, to_at: to.value ? instantOf(to.value) : null };
      await read(address(before ? `${path}/${before.id}/restore` : path), { method: "POST", body: { reason: reason.value, ...time } });
    }, async () => {
      announce(before ? _("It counts again.") : _("It counts no more."));
      byId("patrols-section").querySelector("summary").focus();
      await changed();
    });
    dialog.showModal();
  };

  return (row, patrol, title) => {
    if (!patrol.may_withdraw) return row;
    // What was withdrawn last is restored before anything else of the track is withdrawn.
    const last = patrol.withdrawn.at(-1) ?? null;
    const label = last ? _("Restore: {where}", { where: title }) : _("Withdraw: {where}", { where: title });
    const box = row.classList.contains("row-beside") ? row : make("div", { class: "row-beside" }, row);
    box.append(make("button", { class: "chip row-act no-print", type: "button", "data-withdraw": patrol.id, "aria-label": label, on: { click: () => open(patrol, title, last) } }, last ? _("Restore") : _("Withdraw")));
    return box;
  };
}
