// The wall keeps itself fresh; a part that somebody is using is left alone meanwhile.
import { alertLine, csrfToken, say } from "../ui/page.js";

const EVERY = 5000;
const wall = document.getElementById("wall");

async function refresh() {
  try {
    const answer = await fetch(wall.dataset.now, { credentials: "same-origin", headers: { "HX-Request": "true" } });
    if (answer.ok && !wall.contains(document.activeElement)) {
      const tops = [...wall.querySelectorAll(".wall-scroll")].map((one) => one.scrollTop);
      wall.innerHTML = await answer.text();
      wall.querySelectorAll(".wall-scroll").forEach((one, place) => {
        one.scrollTop = tops[place] || 0;
      });
    }
  } catch {
    // The next turn tries again; the clock on the page says how old it is.
  }
  window.setTimeout(refresh, document.hidden ? 4 * EVERY : EVERY);
}

wall.addEventListener("change", async (event) => {
  const select = event.target.closest("[data-change-presence]");
  if (!select?.value) return;
  const [state, reason = ""] = select.value.split(":");
  const answer = await fetch(select.dataset.changePresence, {
    method: "POST",
    body: new URLSearchParams({ state, reason }),
    credentials: "same-origin",
    headers: { "X-CSRFToken": csrfToken(), Accept: "application/json" },
  }).catch(() => null);
  if (!answer?.ok) alertLine(say("failed"));
  select.value = "";
  select.blur();
});

window.setTimeout(refresh, EVERY);
