// Dialogs: data-open-dialog, data-close-dialog, and data-confirm on a form, a button or a link.

let pending = null;
const confirmed = new WeakSet();

function open(dialog) {
  if (!dialog || dialog.open) return;
  dialog.showModal();
  // The first thing to fill in, rather than the button that closes.
  const first = dialog.querySelector(
    "[autofocus], form :is(input:not([type=hidden]), select, textarea)",
  );
  first?.focus();
}

function ask(owner, proceed) {
  const dialog = document.getElementById("confirm-dialog");
  const yes = dialog.querySelector('[value="yes"]');
  const title = dialog.querySelector("h2");
  title.textContent = owner.dataset.confirmTitle || title.dataset.default;
  dialog.querySelector("#confirm-text").textContent = owner.dataset.confirm;
  yes.textContent = owner.dataset.confirmYes || yes.dataset.default;
  pending = proceed;
  open(dialog);
}

function onClick(event) {
  const answer = event.target.closest("[data-answer]");
  if (answer) {
    const proceed = answer.value === "yes" ? pending : null;
    pending = null;
    answer.closest("dialog").close();
    proceed?.();
    return;
  }
  const opener = event.target.closest("[data-open-dialog]");
  if (opener) open(document.getElementById(opener.dataset.openDialog));
  if (event.target.closest("[data-close-dialog]")) event.target.closest("dialog")?.close();
  if (event.target instanceof HTMLDialogElement && isOutside(event)) event.target.close();
}

function isOutside({ target, clientX: x, clientY: y }) {
  const box = target.getBoundingClientRect();
  return x < box.left || x > box.right || y < box.top || y > box.bottom;
}

// In the capture phase, before htmx or the browser act.
function guardClick(event) {
  const owner = event.target.closest("a[data-confirm], button[data-confirm]");
  if (!owner || confirmed.delete(owner)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  ask(owner, () => {
    confirmed.add(owner);
    owner.click();
  });
}

function guardSubmit(event) {
  const form = event.target;
  if (!form.dataset.confirm || confirmed.delete(form)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const submitter = event.submitter;
  ask(form, () => {
    confirmed.add(form);
    form.requestSubmit(submitter);
  });
}

export function startDialogs() {
  document.addEventListener("click", guardClick, true);
  document.addEventListener("submit", guardSubmit, true);
  document.addEventListener("click", onClick);
}
