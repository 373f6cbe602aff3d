// The help: every tool with its letter, and what the other keys do.

import { make } from "wardline/dom";
import { allTools } from "wardline/redraw/tools";
import { _ } from "wardline/text";

function keys(rows, kind = "") {
  return make("dl", { class: `keys ${kind}` }, ...rows.flatMap(([key, text]) => [make("dt", {}, ...key.split(" ").map((one) => make("kbd", {}, one))), make("dd", {}, text)]));
}

/** Show the help until it is closed. */
export function help() {
  const from = document.activeElement;
  const done = make("button", { class: "button button-strong", type: "submit" }, _("Close"));
  const box = make(
    "dialog",
    { class: "dialog dialog-wide", "aria-labelledby": "help-title" },
    make(
      "form",
      { class: "form", method: "dialog" },
      make("h2", { id: "help-title", tabindex: "-1", autofocus: true }, _("Keys and help")),
      make("p", { class: "soft" }, _("Keys act while the map or the tools have the focus. The cross is your pointer: what a click does, Enter does under the cross.")),
      make("h3", {}, _("Tools")),
      keys(allTools().map((one) => [one.key.toUpperCase(), one.label]), "keys-two"),
      make("h3", {}, _("On the map")),
      keys([
        ["← ↑ → ↓", _("Move the cross, or the node in hand")],
        ["⇧ ←", _("The same in fine steps; with Alt in large ones")],
        ["↵", _("Act under the cross; take what is shown")],
        ["N P Tab", _("Next and previous node, edge or line")],
        ["␣", _("Take a unit in or out; begin to sweep")],
        ["F", _("Finish")],
        ["Esc", _("Drop what was begun, then the tool, then the unit")],
        ["⌫", _("Take the last place back, or delete the node in hand")],
        ["U Y", _("Undo and redo")],
        ["+ −", _("Zoom")],
        ["?", _("This help")],
      ]),
      make("p", { class: "soft" }, _("Units never gape or overlap: an edge is shared by both sides. What would break this is refused and marked on the map, and the draft stays as it was.")),
      make("div", { class: "dialog-actions" }, done),
    ),
  );
  box.addEventListener("close", () => {
    box.remove();
    from?.focus?.();
  });
  document.body.append(box);
  box.showModal();
}
