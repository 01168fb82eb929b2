// Copy buttons, alerts that close, selects that send their form, printing.
import { announce, say } from "./page.js";

async function copy(button) {
  const source = button.dataset.copyFrom && document.querySelector(button.dataset.copyFrom);
  const text = source ? (source.value ?? source.textContent).trim() : button.dataset.copy;
  await navigator.clipboard.writeText(text);
  announce(say("copied"));
  button.classList.add("is-done");
  window.setTimeout(() => button.classList.remove("is-done"), 1500);
}

export function startSmallThings() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy], [data-copy-from]");
    if (button) copy(button);
    if (event.target.closest("[data-print]")) window.print();
    event.target.closest("[data-dismiss]")?.closest(".alert-line")?.remove();
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit-on-change]")) event.target.form?.requestSubmit();
  });
}
