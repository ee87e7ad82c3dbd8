"use strict";
// A link with data-into="id" shows in the element with that id what its address has in the element with the
// attribute data-fragment. A second click takes it away, unless the link has gone. If the page cannot be read,
// the browser follows the link.
const readFragment = async (address) => {
    const answer = await fetch(address, { headers: { "X-Requested-With": "fetch" } });
    if (!answer.ok || answer.redirected) {
        throw new Error(`${address} was answered by ${answer.status}`);
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return page.querySelector("[data-fragment]");
};

document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-into]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) {
        return;
    }
    event.preventDefault();
    const target = document.getElementById(link.dataset.into);
    if (target.childElementCount && !target.hidden) {
        target.hidden = true;
        link.setAttribute("aria-expanded", "false");
        return;
    }
    try {
        target.replaceChildren(await readFragment(link.href));
        target.hidden = false;
        link.setAttribute("aria-expanded", "true");
    } catch {
        window.location.assign(link.href);
    }
});
