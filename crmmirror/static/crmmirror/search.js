"use strict";
// The key / goes to the search in the header, unless it is typed into a field.
document.addEventListener("keydown", (event) => {
    const isTyped = event.target.closest("input, select, textarea, [contenteditable]");
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyped) {
        return;
    }
    const box = document.getElementById("site-search");
    event.preventDefault();
    box.focus();
    box.select();
});
