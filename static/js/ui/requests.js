// htmx requests: the CSRF token on each; errors shown without touching what was typed.
import { alertLine, csrfToken, refreshCsrfToken, say } from "./page.js";
import { sessionExpired } from "./session.js";

const retried = new WeakSet();

/** Send the same thing again: a form as its button did, anything else by its own event. */
export function sendAgain(element, cause) {
  const form = element.matches("form") ? element : null;
  if (form) form.requestSubmit(cause?.submitter || undefined);
  else if (cause?.type === "click") element.click();
  else window.htmx.trigger(element, cause?.type || "load");
}

async function onRefusedToken(element, cause) {
  if (retried.has(element)) return alertLine(say("failed"));
  retried.add(element);
  if (await refreshCsrfToken().catch(() => false)) sendAgain(element, cause);
  else sessionExpired(() => sendAgain(element, cause));
}

function beforeSwap(event) {
  const { xhr, requestConfig: config } = event.detail;
  if (xhr.status < 400) return;
  const element = event.detail.requestConfig?.elt || event.target;
  const cause = config?.triggeringEvent;
  if (xhr.status === 401) {
    event.detail.shouldSwap = false;
    const byHand = config?.verb !== "get" || cause?.type === "click";
    sessionExpired(byHand ? () => sendAgain(element, cause) : null);
  } else if (xhr.getResponseHeader("X-Csrf-Failed")) {
    event.detail.shouldSwap = false;
    onRefusedToken(element, cause);
  } else if (xhr.getResponseHeader("HX-Retarget")) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
    window.scrollTo({ top: 0 });
  } else if (xhr.status !== 422) {
    event.detail.shouldSwap = false;
    alertLine(say("failed"));
  }
}

export function startRequests() {
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = csrfToken();
  });
  document.addEventListener("htmx:beforeSwap", beforeSwap);
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => {
      // A poll that fails will be tried again by itself; only what a person asked for is said.
      const { verb, triggeringEvent } = event.detail.requestConfig || {};
      if (verb !== "get" || triggeringEvent?.isTrusted) alertLine(say("offline"));
    });
  }
}
