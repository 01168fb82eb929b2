// The keyboard: data-key="F2", "Ctrl+Enter", "Alt+n", "a"; data-key-label says what it does in the
// help ("?"). In a list (data-rows), j and k walk the rows and data-row-key acts on the row walked
// to. Single letters are silent while one types, and can be switched off (WCAG 2.1.4).

const LETTERS = "keys-letters-off";

function lettersOff() {
  return window.localStorage.getItem(LETTERS) === "1";
}

function nameOf(event) {
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push("Ctrl");
  if (event.altKey) parts.push("Alt");
  const key = event.key === " " ? "Space" : event.key;
  if (event.shiftKey && key.length > 1) parts.push("Shift");
  parts.push(key.length === 1 && parts.length ? key.toLowerCase() : key);
  return parts.join("+");
}

function isTyping(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.matches("textarea, select")) return true;
  return target.matches("input:not([type=checkbox], [type=radio], [type=button], [type=submit])");
}

function visible(element) {
  return element.checkVisibility ? element.checkVisibility() : element.offsetParent !== null;
}

/** Keys act inside the open dialog, or else on the page. */
function stage() {
  return document.querySelector("dialog[open]") || document;
}

function act(element) {
  if (element.matches("input, textarea, select") && !element.matches("[type=checkbox], [type=radio]")) {
    element.focus();
    element.select?.();
  } else if (element.matches("form")) element.requestSubmit();
  else element.click();
}

function rows() {
  return [...stage().querySelectorAll("[data-rows] [data-row]")].filter(visible);
}

function activeRow() {
  const focused = document.activeElement?.closest?.("tr, li, [data-row-box]");
  return focused?.querySelector("[data-row]") || null;
}

function walk(step) {
  const all = rows();
  if (!all.length) return false;
  const at = all.indexOf(activeRow());
  const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step;
  const row = all[Math.min(Math.max(next, 0), all.length - 1)];
  row.focus();
  row.scrollIntoView({ block: "nearest" });
  return true;
}

function find(key) {
  const name = CSS.escape(key);
  const inRow = activeRow()?.closest("tr, li, [data-row-box]");
  const own = inRow?.querySelector(`[data-row-key="${name}"]`);
  if (own) return own;
  return [...stage().querySelectorAll(`[data-key="${name}"]`)].find(visible);
}

function onKey(event) {
  if (event.defaultPrevented || event.isComposing) return;
  const key = nameOf(event);
  if (key === "F1") {
    // "?" is a letter while one types: the help has a key of its own.
    event.preventDefault();
    document.querySelector('[data-open-dialog="keys-dialog"]')?.click();
    return;
  }
  const single = key.length === 1;
  if (single && (isTyping(event.target) || lettersOff())) return;
  const element = find(key);
  if (element) {
    event.preventDefault();
    act(element);
  } else if ((key === "j" || key === "k") && walk(key === "j" ? 1 : -1)) event.preventDefault();
}

function labelOf(element) {
  if (element.dataset.keyLabel) return element.dataset.keyLabel;
  const label = element.getAttribute("aria-label") || element.labels?.[0]?.textContent;
  return (label || element.textContent).trim().replace(/\s+/g, " ");
}

function keyCaps(key) {
  return key.split("+").map((part) => {
    const cap = document.createElement("kbd");
    cap.className = "key";
    cap.textContent = { Ctrl: "Ctrl", Enter: "⏎" }[part] || part;
    return cap;
  });
}

function fillHelp() {
  const list = document.querySelector("[data-keys-list]");
  if (!list) return;
  const seen = new Map();
  for (const element of document.querySelectorAll("[data-key]")) {
    if (visible(element) && !seen.has(element.dataset.key)) seen.set(element.dataset.key, labelOf(element));
  }
  for (const element of document.querySelectorAll("[data-row-key]")) {
    if (!seen.has(element.dataset.rowKey)) seen.set(element.dataset.rowKey, labelOf(element));
  }
  list.replaceChildren(
    ...[...seen].map(([key, label]) => {
      const line = document.createElement("div");
      const term = document.createElement("dt");
      const words = document.createElement("dd");
      term.append(...keyCaps(key));
      words.textContent = label;
      line.append(term, words);
      return line;
    }),
  );
}

export function startKeys() {
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", (event) => {
    if (event.target.closest('[data-open-dialog="keys-dialog"]')) fillHelp();
  }, true);
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-keys-letters]")) return;
    if (event.target.checked) window.localStorage.removeItem(LETTERS);
    else window.localStorage.setItem(LETTERS, "1");
  });
  const box = document.querySelector("[data-keys-letters]");
  if (box) box.checked = !lettersOff();
}
