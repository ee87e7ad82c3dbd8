"use strict";
// A button with data-copy-value copies that text. It is hidden in the page, because it does nothing without
// this script, and stays so if the browser gives no access to the clipboard.
for (const button of document.querySelectorAll("button[data-copy-value]")) {
    if (!navigator.clipboard) {
        break;
    }
    button.hidden = false;
    button.addEventListener("click", async () => {
        const label = button.textContent;
        try {
            await navigator.clipboard.writeText(button.dataset.copyValue);
            button.textContent = "Copied";
        } catch {
            button.textContent = "Not copied";
        }
        setTimeout(() => { button.textContent = label; }, 2000);
    });
}
