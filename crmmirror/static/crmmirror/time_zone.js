"use strict";
// Shows the offer of the browser's time zone, unless the page is in that zone already. The browser's own name
// of the page's zone is compared, because a zone has several: Asia/Calcutta is Asia/Kolkata.
const canonicalName = (name) => {
    try {
        return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;
    } catch {
        return name;
    }
};

const offer = document.getElementById("time-zone-offer");
const browserZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (browserZone && browserZone !== canonicalName(offer.dataset.pageZone)) {
    offer.querySelector("[data-browser-zone]").textContent = browserZone;
    offer.querySelector("button:not([value])").value = browserZone;
    offer.hidden = false;
}
