// An expired session: the page stays, a dialog offers to sign in beside it and to try again.
import { refreshCsrfToken } from "./page.js";

let again = null;

export function sessionExpired(retry) {
  const dialog = document.getElementById("session-dialog");
  if (retry) again = retry;
  if (!dialog || dialog.open) return;
  dialog.querySelector("#session-problem").hidden = true;
  dialog.showModal();
}

async function tryAgain(dialog) {
  const open = await refreshCsrfToken().catch(() => false);
  dialog.querySelector("#session-problem").hidden = open;
  if (!open) return;
  dialog.close();
  const retry = again;
  again = null;
  retry?.();
}

export function startSession() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-session-retry]");
    if (button) tryAgain(button.closest("dialog"));
  });
}
