// The desk's two boxes with a list under them (people and places; categories): arrows walk, Enter
// takes, Escape closes; the first answer is ready to be taken.

function optionsOf(box) {
  return [...box.querySelectorAll('[role="option"]')];
}

function select(box, option) {
  for (const one of optionsOf(box)) one.setAttribute("aria-selected", String(one === option));
  const input = box.querySelector('[role="combobox"]');
  if (!option) {
    input.removeAttribute("aria-activedescendant");
    return;
  }
  option.id ||= `option-${Math.random().toString(36).slice(2, 9)}`;
  input.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

function open(box, isOpen) {
  const list = box.querySelector('[role="listbox"]');
  list.hidden = !isOpen;
  box
    .querySelector('[role="combobox"]')
    .setAttribute("aria-expanded", String(isOpen && list.childElementCount > 0));
}

// The choice is sent in the name of a part that stays: the list it was made in may be replaced
// by a later answer at any moment, and htmx would then forget the choice.
function send(what, target, changes) {
  const form = document.getElementById("desk-form");
  const place = document.querySelector(target);
  return window.htmx.ajax("POST", form.getAttribute("action").replace(/save$/, what), {
    source: place,
    target: place,
    swap: "innerHTML",
    values: { ...Object.fromEntries(new FormData(form)), ...changes },
  });
}

function draftChanged() {
  const field = document.getElementById("desk-form").elements.contact_id;
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

async function take(option) {
  if (option.dataset.category !== undefined) {
    await send("request", "#details", { category: option.dataset.category });
    const details = document.getElementById("details");
    details.querySelector("fieldset input, .safety button, textarea")?.focus();
  } else if (option.dataset.pick) {
    window.htmx.trigger("#desk-search", "htmx:abort");
    await send("caller", "#caller", JSON.parse(option.dataset.pick));
  }
  draftChanged();
}

document.addEventListener("keydown", (event) => {
  const input = event.target.closest?.('[role="combobox"]');
  const box = input?.closest("[data-listbox]");
  if (!box || event.isComposing) return;
  const all = optionsOf(box);
  const at = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    open(box, true);
    const step = event.key === "ArrowDown" ? 1 : -1;
    if (all.length) select(box, all[(at + step + all.length) % all.length]);
  } else if (event.key === "Enter" && !event.ctrlKey && !event.altKey && !event.metaKey) {
    event.preventDefault();
    const chosen = all[at] || all[0];
    if (chosen && !box.querySelector('[role="listbox"]').hidden) chosen.click();
  } else if (event.key === "Escape") {
    open(box, false);
  }
});

document.addEventListener("click", (event) => {
  const option = event.target.closest?.('[role="option"]');
  for (const box of document.querySelectorAll("[data-listbox]")) {
    if (option && box.contains(option)) {
      open(box, false);
      take(option);
    } else if (!box.contains(event.target)) open(box, false);
  }
});

document.addEventListener("htmx:afterSwap", (event) => {
  const box = event.target.closest?.("[data-listbox]");
  if (event.target.matches?.('[role="listbox"]') && box) {
    open(box, true);
    const typed = box.querySelector('[role="combobox"]').value.trim();
    select(box, typed ? optionsOf(box)[0] : null);
  }
  if (event.target.id === "caller") {
    const search = document.getElementById("desk-search");
    search.value = "";
    open(search.closest("[data-listbox]"), false);
    document.getElementById("category_query")?.focus();
    draftChanged();
  }
});

// What a quick hand typed between a box's coming and its being wired is asked for once it is.
document.addEventListener("htmx:afterProcessNode", (event) => {
  const field = event.target;
  if (!field.matches?.('[data-listbox] [role="combobox"]')) return;
  if (field.value !== field.defaultValue)
    window.htmx.trigger(field, field.type === "search" ? "search" : "focus");
});

document.addEventListener("focusin", (event) => {
  if (event.target.matches?.("#category_query")) event.target.select();
});
