"use strict";
// Fetches this page again until nothing is left to wait for, and puts the new content of each element with
// data-live into the page. After as many looks as the page says, it stops and shows that it has.
const looks = document.querySelector("[data-live=looks]");

const showStopped = () => {
    for (const part of looks.querySelectorAll("[data-while-looking]")) {
        part.hidden = true;
    }
    for (const part of looks.querySelectorAll("[data-when-stopped]")) {
        part.hidden = false;
    }
};

const replaceLiveParts = (answer) => {
    for (const part of document.querySelectorAll("[data-live]")) {
        const fresh = answer.querySelector(`[data-live="${part.dataset.live}"]`);
        if (fresh && fresh.innerHTML !== part.innerHTML) {
            part.replaceChildren(...fresh.childNodes);
        }
    }
};

const look = async (left) => {
    if (left <= 0) {
        showStopped();
        return;
    }
    try {
        const response = await fetch(window.location.href, { credentials: "same-origin" });
        if (response.ok) {
            const answer = new DOMParser().parseFromString(await response.text(), "text/html");
            replaceLiveParts(answer);
            if (!answer.querySelector("[data-live=looks][data-pause]")) {
                return;
            }
        }
    } catch {
        // The server is away for a moment: the next look may find it.
    }
    window.setTimeout(() => look(left - 1), looks.dataset.pause * 1000);
};

window.setTimeout(() => look(Number(looks.dataset.looks)), looks.dataset.pause * 1000);
