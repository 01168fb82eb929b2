// "il y a 5 min", "dans 2 h", "en retard de 1 j": kept true while the page stays open. The rules
// are those of callcenter/ui/timewords.py. data-clock counts the seconds since an instant.
import { say } from "./page.js";

const HOUR = 3600;
const DAY = 86400;
const SOON = 4 * HOUR;

function span(seconds) {
  const length = Math.abs(seconds);
  if (length < HOUR) return say("min", Math.max(1, Math.floor(length / 60)));
  if (length < DAY) return say("h", Math.floor(length / HOUR));
  return say("d", Math.floor(length / DAY));
}

function refresh() {
  const now = Date.now();
  for (const element of document.querySelectorAll("time[data-relative]")) {
    const left = (Date.parse(element.dateTime) - now) / 1000;
    let text;
    if (element.dataset.relative === "due") {
      text = say(left < 0 ? "late" : "in", span(left));
      element.classList.toggle("due-late", left < 0);
      element.classList.toggle("due-soon", left >= 0 && left <= SOON);
      element.classList.toggle("due-later", left > SOON);
    } else text = left > -60 ? say("now") : say("ago", span(left));
    if (element.textContent !== text) element.textContent = text;
  }
}

function tick() {
  for (const element of document.querySelectorAll("time[data-clock]")) {
    const gone = Math.max(0, Math.floor((Date.now() - Date.parse(element.dateTime)) / 1000));
    const hours = Math.floor(gone / HOUR);
    const minutes = Math.floor((gone % HOUR) / 60);
    const two = (number) => String(number).padStart(2, "0");
    element.textContent = `${hours ? `${hours}:` : ""}${hours ? two(minutes) : minutes}:${two(gone % 60)}`;
  }
}

export function startTimes() {
  window.setInterval(refresh, 30000);
  window.setInterval(tick, 1000);
  document.addEventListener("visibilitychange", refresh);
  tick();
}
