// Forms: sent by htmx so that an error or an expired session leaves the page as it is
// (data-native opts out: sign-in, downloads); once per click; a warning before typed text is
// left behind (data-warn-unsaved); the focus on the first error; counters of characters.
import { say } from "./page.js";

const sending = new WeakSet();
const dirty = new WeakSet();

function boost(root) {
  const forms = root.matches?.("form") ? [root] : root.querySelectorAll("form");
  const added = [];
  for (const form of forms) {
    const own = ["hx-post", "hx-get", "hx-put", "hx-delete", "hx-boost"].some((name) =>
      form.hasAttribute(name),
    );
    if (form.method !== "post" || own || "native" in form.dataset) continue;
    form.setAttribute("hx-boost", "true");
    form.setAttribute("hx-push-url", "false");
    added.push(form);
  }
  return added;
}

function mark(form, on) {
  if (on) sending.add(form);
  else sending.delete(form);
  form.classList.toggle("is-sending", on);
  for (const button of form.querySelectorAll('button[type="submit"]')) {
    button.setAttribute("aria-disabled", String(on));
  }
}

function onSubmit(event) {
  const form = event.target;
  if (form.method !== "post") return;
  if (sending.has(form)) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  // A native form that downloads a file never leaves the page: let it go again after a while.
  if (!window.htmx || "native" in form.dataset) window.setTimeout(() => mark(form, false), 4000);
  mark(form, true);
  dirty.delete(form);
}

function onInput(event) {
  const form = event.target.form;
  if (form) dirty.add(form);
  count(event.target);
  weigh(event.target);
}

// A file above the limit is refused before it is sent: an answer would come after the last byte.
function weigh(field) {
  const most = Number(field.dataset.maxBytes);
  if (!most) return;
  const tooBig = [...field.files].some((file) => file.size > most);
  field.setCustomValidity(tooBig ? field.dataset.tooBig : "");
  if (tooBig) field.reportValidity();
}

function count(field) {
  if (!field.id || !field.maxLength || field.maxLength < 0) return;
  const counter = document.querySelector(`[data-counter-for="${CSS.escape(field.id)}"]`);
  if (counter) counter.textContent = say("characters", field.maxLength - field.value.length);
}

function focusFirstError(root) {
  const wrong = root.querySelector('[aria-invalid="true"], .choices:has(.field-error) input');
  if (wrong) wrong.focus();
}

function onLeave(event) {
  for (const form of document.querySelectorAll("form[data-warn-unsaved]")) {
    if (dirty.has(form) && !sending.has(form)) event.preventDefault();
  }
}

export function startForms() {
  boost(document);
  document.addEventListener("submit", onSubmit, true);
  document.addEventListener("input", onInput);
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt?.closest?.("form");
    if (!form) return;
    // On its way to another page: stay marked, so that a second click sends nothing.
    if (event.detail.xhr?.getResponseHeader("HX-Redirect")) return;
    mark(form, false);
    if (!event.detail.successful) dirty.add(form);
  });
  document.addEventListener("htmx:load", (event) => {
    for (const form of boost(event.target)) window.htmx.process(form);
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.xhr?.status !== 422 && event.detail.boosted) window.scrollTo(0, 0);
  });
  // Once settled: htmx focuses what has autofocus after the swap.
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.xhr?.status === 422) focusFirstError(document);
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form.is-sending")) mark(form, false);
  });
  window.addEventListener("beforeunload", onLeave);
  focusFirstError(document);
}
