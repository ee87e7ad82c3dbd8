"use strict";
// A button with data-copy="id" copies the text of the element with that id. If the browser gives no access
// to the clipboard, the button selects the text instead.
const selectText = (element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    const selection = window.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
};

for (const button of document.querySelectorAll("button[data-copy]")) {
    button.addEventListener("click", async () => {
        const element = document.getElementById(button.dataset.copy);
        try {
            await navigator.clipboard.writeText(element.textContent);
            button.textContent = "Copied";
        } catch {
            selectText(element);
            button.textContent = "Selected: press Ctrl+C";
        }
    });
}
