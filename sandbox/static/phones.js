// Keeps the phones up to date without reloading, and sends answers without leaving the page.
// What a person is typing is never touched.

const list = document.getElementById("phones");
const live = document.getElementById("live");
let version = Number(list.dataset.version);

function draw(html) {
  const box = document.createElement("template");
  box.innerHTML = html.trim();
  return box.content.firstElementChild;
}

function toBottom(card) {
  const screen = card.querySelector(".screen");
  screen.scrollTop = screen.scrollHeight;
}

function updateThread(card, fresh) {
  const screen = card.querySelector(".screen");
  const thread = card.querySelector(".thread");
  const wasAtBottom = screen.scrollHeight - screen.scrollTop - screen.clientHeight < 40;
  let added = false;
  for (const item of fresh.querySelectorAll(".message")) {
    const known = document.getElementById(item.id);
    if (!known) {
      thread.append(item.cloneNode(true));
      added = true;
    } else if (known.innerHTML !== item.innerHTML) {
      known.replaceWith(item.cloneNode(true));
    }
  }
  if (wasAtBottom) toBottom(card);
  return added;
}

function updateReply(card, fresh) {
  const now = card.querySelector(".reply");
  const then = fresh.querySelector(".reply");
  if (now.dataset.kind !== then.dataset.kind && !now.contains(document.activeElement)) {
    now.replaceWith(then.cloneNode(true));
  }
}

// The call's screen is always fresh; its buttons change only with its state, never under a finger.
function updateCall(card, fresh) {
  const now = card.querySelector(".call");
  const then = fresh.querySelector(".call");
  if (now.dataset.state !== then.dataset.state) {
    if (now.contains(document.activeElement) && document.activeElement.value) {
      now.querySelector(".call-log")?.replaceWith(then.querySelector(".call-log") || "");
    } else now.replaceWith(then.cloneNode(true));
    return;
  }
  for (const part of [".call-head", ".call-log", ".call-twiml pre"]) {
    const [old, young] = [now.querySelector(part), then.querySelector(part)];
    if (old && young && old.innerHTML !== young.innerHTML) old.innerHTML = young.innerHTML;
  }
  const log = now.querySelector(".call-log");
  if (log) log.scrollTop = log.scrollHeight;
}

function put({ html }) {
  const fresh = draw(html);
  const card = document.getElementById(fresh.id);
  if (!card) {
    list.prepend(fresh);
    toBottom(fresh);
    return;
  }
  const added = updateThread(card, fresh);
  updateReply(card, fresh);
  updateCall(card, fresh);
  if (added && !list.contains(document.activeElement)) list.prepend(card);
}

function drop(numbers) {
  for (const card of [...list.children]) {
    if (!numbers.includes(card.dataset.number) && !card.contains(document.activeElement)) {
      card.remove();
    }
  }
}

async function poll() {
  try {
    const query = new URLSearchParams({ since: version, q: list.dataset.search });
    const answer = await fetch(`${list.dataset.changes}?${query}`);
    if (!answer.ok) throw new Error(String(answer.status));
    const news = await answer.json();
    if (news.version < version) version = 0;
    else {
      news.phones.forEach(put);
      drop(news.numbers);
      version = news.version;
    }
    live.textContent = "Mise à jour continue";
    live.classList.remove("lost");
  } catch {
    live.textContent = "Bac à sable injoignable, nouvel essai…";
    live.classList.add("lost");
  }
  setTimeout(poll, document.hidden ? 5000 : 1000);
}

list.addEventListener("submit", async (event) => {
  const form = event.target.closest("form.answer, form.act");
  if (!form) return;
  event.preventDefault();
  const card = form.closest(".phone");
  const note = card.querySelector(".note");
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new FormData(form),
      headers: { "X-Requested-With": "fetch" },
    });
    const said = await answer.json();
    note.textContent = said.message;
    note.classList.toggle("bad", !said.ok);
    if (said.ok) form.reset();
  } catch {
    note.textContent = "L’envoi a échoué, réessayez.";
    note.classList.add("bad");
  }
  button.disabled = false;
});

list.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && event.target.matches(".answer textarea")) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
});

list.querySelectorAll(".phone").forEach(toBottom);
setTimeout(poll, 1000);
