// <form data-draft="desk:12">: what is typed is kept on the server a second after the last key,
// as POST /drafts/<key> with the form's fields. The server writes it back into the markup.
import { csrfToken, say } from "./page.js";

const WAIT = 1000;
// What could not be kept (the network is cut, the server restarts) is tried again by itself.
const AGAIN = 3000;
const timers = new WeakMap();
const last = new WeakMap();
const SKIPPED = new Set(["csrf_token", "form_token", "version"]);

function fieldsOf(form) {
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && !SKIPPED.has(name)) fields.append(name, value);
  }
  return fields;
}

function show(form, text) {
  const place = form.querySelector("[data-draft-state]");
  if (place && place.textContent !== text) place.textContent = text;
}

async function save(form, options = {}) {
  window.clearTimeout(timers.get(form));
  timers.delete(form);
  if (form.classList.contains("is-sending")) return;
  const body = fieldsOf(form);
  if (last.get(form) === body.toString()) return;
  try {
    const answer = await fetch(`/drafts/${encodeURIComponent(form.dataset.draft)}`, {
      method: "POST",
      body,
      credentials: "same-origin",
      headers: { "X-CSRFToken": csrfToken(), "X-Requested-With": "fetch" },
      ...options,
    });
    if (answer.ok) last.set(form, body.toString());
    else saveLater(form, AGAIN);
    show(form, say(answer.ok ? "draftSaved" : "draftNotSaved"));
  } catch {
    saveLater(form, AGAIN);
    show(form, say("draftNotSaved"));
  }
}

function saveLater(form, wait) {
  if (timers.has(form) || !form.isConnected) return;
  timers.set(form, window.setTimeout(() => save(form), wait));
}

function savePending(options) {
  for (const form of document.querySelectorAll("form[data-draft]")) {
    if (timers.has(form)) save(form, options);
  }
}

function onChange(event) {
  const form = event.target.form;
  if (!form?.dataset.draft) return;
  window.clearTimeout(timers.get(form));
  timers.set(form, window.setTimeout(() => save(form), WAIT));
}

export function startDrafts() {
  document.addEventListener("input", onChange);
  document.addEventListener("change", onChange);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") savePending({ keepalive: true });
  });
  window.addEventListener("online", () => savePending());
}
