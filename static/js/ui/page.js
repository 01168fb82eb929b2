// What the page says about itself: words, token; and the two ways to speak to the person.

const meta = (name) => document.querySelector(`meta[name="${name}"]`);

const words = JSON.parse(meta("app-words")?.content || "{}");

export function say(name, value = "") {
  return (words[name] || "").replace("#", value);
}

export function csrfToken() {
  return meta("csrf-token")?.content || "";
}

/** Put a fresh token everywhere it stands in the page. */
export function setCsrfToken(token) {
  meta("csrf-token").content = token;
  for (const input of document.querySelectorAll('input[name="csrf_token"]')) input.value = token;
}

/** Fetch this page again for its token; false when the session is still closed. */
export async function refreshCsrfToken() {
  const answer = await fetch(window.location.href, {
    credentials: "same-origin",
    headers: { "X-Requested-With": "fetch" },
  });
  if (!answer.ok) return false;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const token = page.querySelector('meta[name="csrf-token"]')?.content;
  if (!token || !page.querySelector("body.work")) return false;
  setCsrfToken(token);
  return true;
}

/** Say something to screen readers without moving anything. */
export function announce(text) {
  const live = document.getElementById("live");
  if (live) live.textContent = text;
}

/** Show an alert at the top of the page. */
export function alertLine(text) {
  const flash = document.getElementById("flash");
  if (!flash) return;
  const line = document.createElement("div");
  line.className = "alert-line alert-danger";
  line.setAttribute("role", "alert");
  const icon = document.createElement("i");
  icon.className = "bi bi-exclamation-octagon";
  icon.setAttribute("aria-hidden", "true");
  const words = document.createElement("p");
  words.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "alert-close";
  close.setAttribute("data-dismiss", "");
  close.setAttribute("aria-label", say("close"));
  const cross = document.createElement("i");
  cross.className = "bi bi-x-lg";
  cross.setAttribute("aria-hidden", "true");
  close.append(cross);
  line.append(icon, words, close);
  flash.replaceChildren(line);
}
