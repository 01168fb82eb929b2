// The search box: arrows walk from what is typed to what was found, and back; Enter opens.

function rowsOf(box) {
  return [...box.querySelectorAll("[data-row]")];
}

function onKey(event) {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const box = event.target.closest?.("[data-search-box]");
  if (!box) return;
  const input = box.querySelector("input[type=search]");
  const rows = rowsOf(box);
  const at = rows.indexOf(document.activeElement);
  if (at < 0 && document.activeElement !== input) return;
  const next = at + (event.key === "ArrowDown" ? 1 : -1);
  if (next >= rows.length || (at < 0 && next < 0 && event.key === "ArrowUp")) return;
  event.preventDefault();
  const goal = next < 0 ? input : rows[next];
  goal.focus();
  goal.scrollIntoView({ block: "nearest" });
}

export function startSearch() {
  document.addEventListener("keydown", onKey);
}
