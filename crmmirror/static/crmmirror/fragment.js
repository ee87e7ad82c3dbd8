"use strict";
// A link with data-into="id" shows in the element with that id what its address has in the element with the
// attribute data-fragment. A second click takes it away. With data-replace it is shown in place of what is
// there, and with data-once the link goes. If the address cannot be read, the browser follows the link.
const readFragment = async (address) => {
    const answer = await fetch(address);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fragment = page.querySelector("[data-fragment]");
    if (!answer.ok || !fragment) {
        throw new Error(`${address} was answered by ${answer.status}`);
    }
    return fragment;
};

document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-into]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) {
        return;
    }
    event.preventDefault();
    const target = document.getElementById(link.dataset.into);
    const isOpen = target.childElementCount > 0 && !target.hidden && !("replace" in link.dataset);
    if (isOpen) {
        target.hidden = true;
        link.setAttribute("aria-expanded", "false");
        return;
    }
    try {
        target.replaceChildren(await readFragment(link.href));
    } catch {
        window.location.assign(link.href);
        return;
    }
    target.hidden = false;
    if ("replace" in link.dataset) {
        target.querySelector("a[aria-current]")?.focus();
    } else if ("once" in link.dataset) {
        link.hidden = true;
        target.querySelector("a")?.focus();
    } else {
        link.setAttribute("aria-expanded", "true");
    }
});
