// Who carries the phone, on pages that need to know, and what goes wrong on them.

import { Problem } from "wardline/api";
import { byId } from "wardline/dom";
import { problem } from "wardline/field";
import { page } from "wardline/page";
import { register, signedIn } from "wardline/phone";
import { _ } from "wardline/text";

/** Do something; what goes wrong is told on the page. */
export async function guarded(act) {
  problem("");
  try {
    await act();
  } catch (error) {
    problem(error instanceof Problem ? error.detail || error.title : error.message);
  }
}

/** Show who carries the phone; what needs somebody is off without. */
export function showPhone(phone, me) {
  byId("who").textContent = phone ? _("{name}, on this phone", { name: phone.login }) : _("Nobody is registered on this phone yet.");
  byId("register").hidden = !(me && (!phone || phone.login !== me.name));
  byId("sign-in").hidden = Boolean(me) || me === undefined;
  for (const part of document.querySelectorAll("[data-needs-phone]")) part.disabled = !phone;
}

/** Call `act` with the registration that the button makes. */
export function onRegister(act) {
  byId("register").addEventListener("click", () =>
    guarded(async () => {
      const me = await signedIn();
      if (!me) throw new Error(_("Sign in first; that needs a connection."));
      const district = byId("phone-district")?.value || page.districts[0]?.code || null;
      const phone = await register(me, district);
      act(phone);
      showPhone(phone, me);
    }),
  );
}
