// What weekdays and kinds of help are called on the page of the rota, and its buttons.

import { make } from "wardline/dom";
import { _ } from "wardline/text";

export const short = { mo: _("Mon"), tu: _("Tue"), we: _("Wed"), th: _("Thu"), fr: _("Fri"), sa: _("Sat"), su: _("Sun"), ph: _("holidays") };

export const kinds = {
  breakdown: _("breakdown"),
  charging: _("charging"),
  "first-aid": _("first aid"),
  accompany: _("company on the way"),
  repair: _("repair help"),
  other: _("something else"),
};

export function act(text, todo, kind = "") {
  return make("button", { class: `button ${kind}`, type: "button", on: { click: todo } }, text);
}
