// What the page was told: language, texts, colours, the district; and folium's map.

export const page = JSON.parse(document.getElementById("wardline-page").textContent);

export const map = window[page.map];

/** Remember the reader's choice of language when they use the switch, and keep the page's question. */
function keepLanguageLinks() {
  for (const link of document.querySelectorAll("[data-language]")) {
    link.addEventListener("click", () => {
      const address = new URL(window.location.href);
      address.searchParams.set("lang", link.dataset.language);
      link.href = address.search;
    });
  }
}

/** Go to the same view of another district. */
function watchDistrict() {
  document.getElementById("district")?.addEventListener("change", ({ target }) => {
    const address = new URL(window.location.href);
    address.search = "";
    address.searchParams.set("district", target.value);
    window.location.assign(address);
  });
}

/** Change the page's address to say what is shown, so that it can be shared and comes back on reload. */
export function remember(parameters) {
  if (window.location.protocol === "file:") return;
  const address = new URL(window.location.href);
  for (const [name, value] of Object.entries(parameters)) {
    if (value === null || value === "") address.searchParams.delete(name);
    else address.searchParams.set(name, value);
  }
  window.history.replaceState(null, "", address);
}

export function asked(name) {
  return new URLSearchParams(window.location.search).get(name);
}

/** Close the menu of the account by Escape, or by a click beside it. */
function watchAccount() {
  const menu = document.getElementById("account");
  document.addEventListener("click", ({ target }) => {
    if (menu?.open && !menu.contains(target)) menu.open = false;
  });
  menu?.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

// On a phone the bar holds more pages than it shows: the present one is among those that can be seen.
document.querySelector(".bar nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
keepLanguageLinks();
watchAccount();
watchDistrict();
