// Live calls: what I am doing, who waits, my calls as tabs. Shown from the feed; nothing typed is
// ever touched, and no page is left by itself while something stands in its form.
import { alertLine, announce, csrfToken } from "../ui/page.js";
import { sessionExpired } from "../ui/session.js";
import { Feed } from "./feed.js";

const bar = document.getElementById("live-bar");
const words = document.getElementById("live-words")?.dataset || {};
const me = Number(bar?.dataset.user);
const calls = new Map();
const title = document.title;
let presence = null;
let clockGap = 0; // the server's clock, less ours

const $ = (name, place = document) => place.querySelector(name);
const isMine = (call) => call.agent_id === me;
const isWaiting = (call) => !call.over && (call.state === "waiting" || call.state === "ringing") && call.direction === "in";
const shownCall = () => Number(document.getElementById("live-call")?.dataset.liveCall || 0);
const now = () => Date.now() + clockGap;

function keep(card) {
  const known = calls.get(card.id);
  if (known && known.version >= card.version) return;
  calls.set(card.id, card);
}

function take(kind, data) {
  if (kind === "link") $("[data-live-link]", bar).hidden = data;
  else if (kind === "snapshot") {
    clockGap = Date.parse(data.at) - Date.now();
    calls.clear();
    data.calls.forEach(keep);
    presence = data.me;
  } else if (kind === "call") {
    const before = calls.get(data.id);
    keep(data);
    ring(before, calls.get(data.id));
  } else if (kind === "presence" && data.user_id === me) presence = data;
  else if (kind === "incident") lookAround(data);
  draw();
}

/** Neighbours call about the same thing: the desk of that place shows what is known by now. */
function lookAround(incident) {
  const around = document.getElementById("around-now");
  if (Number(around?.querySelector("[data-residence]")?.dataset.residence) !== incident.residence_id) return;
  window.htmx.ajax("POST", `${location.pathname}/around`, {
    source: around,
    target: around,
    swap: "innerHTML",
    values: Object.fromEntries(new FormData(document.getElementById("desk-form"))),
  });
}

/** A call that rings for this agent is said aloud; an idle desk opens it by itself. */
function ring(before, call) {
  if (!isMine(call) || call.over) return;
  const fresh = !before || !isMine(before) || before.state !== call.state;
  if (!fresh) return;
  if (isWaiting(call)) announce(`${words.incoming} : ${call.member}, ${callerOf(call)}`);
  const desk = document.getElementById("desk-form");
  const idle = location.pathname === "/desk" || (desk && !shownCall() && !hasTyped(desk));
  if (call.state === "answered" && idle && document.visibilityState === "visible") open(call);
}

function hasTyped(form) {
  return [...new FormData(form)].some(
    ([name, value]) => ["contact_id", "dwelling_id", "residence_id", "category", "category_query", "description", "note", "caller_number", "caller_name", "q"].includes(name) && value,
  );
}

function callerOf(call) {
  return call.caller || call.number || words.anonymous;
}

// One departure is enough: the answer to a click and its event may both lead to the same desk.
let leaving = false;

function go(url) {
  if (leaving) return;
  leaving = true;
  location.assign(url);
  window.setTimeout(() => {
    leaving = false;
  }, 5000);
}

function open(call) {
  go(`${bar.dataset.calls}${call.id}`);
}

function timer(place, since) {
  if (!place) return;
  const at = since ? new Date(Date.parse(since) - clockGap).toISOString() : "";
  const shown = place.firstElementChild;
  if (!at) place.replaceChildren();
  else if (shown?.dateTime !== at) {
    const time = document.createElement("time");
    time.dateTime = at;
    time.dataset.clock = "";
    time.textContent = "0:00";
    place.replaceChildren(time);
  }
}

function stateOf(call) {
  return call.held ? "held" : call.state;
}

function fill(item, call) {
  item.dataset.id = call.id;
  item.classList.add(`accent-${Number(call.member_id)}`);
  $("[data-caller]", item).textContent = callerOf(call);
  const known = call.matches ? "" : call.number ? ` · ${words.unknown}` : "";
  $("[data-line]", item).textContent = `${call.member}${call.line ? ` · ${call.line}` : ""}${known}`;
}

function drawChips(mine) {
  const list = $("[data-live-calls]");
  const template = document.getElementById("live-chip").content;
  list.replaceChildren(
    ...mine.map((call) => {
      const item = template.cloneNode(true).firstElementChild;
      fill(item, call);
      const state = stateOf(call);
      const link = $("a", item);
      link.href = `${bar.dataset.calls}${call.id}`;
      if (call.id === shownCall()) {
        item.classList.add("is-current");
        link.setAttribute("aria-current", "page");
      }
      item.classList.toggle("is-ringing", isWaiting(call));
      $("[data-state]", item).textContent = words[state] || "";
      $("[data-icon]", item).className = `bi bi-${{ answered: "telephone-fill", held: "pause-circle", wrap_up: "pencil-square" }[state] || "telephone-inbound"}`;
      timer($("[data-timer]", item), state === "wrap_up" ? call.ended_at : call.answered_at || call.started_at);
      return item;
    }),
  );
  document.getElementById("live-strip").hidden = mine.length === 0;
}

function drawQueue(waiting) {
  const template = document.getElementById("live-wait").content;
  $("[data-live-queue]").replaceChildren(
    ...waiting.map((call) => {
      const item = template.cloneNode(true).firstElementChild;
      fill(item, call);
      timer($("[data-timer]", item), call.started_at);
      const takes = call.provider === "twilio" && call.state === "waiting";
      $("[data-take-call]", item).hidden = !takes;
      const link = $("[data-open-call]", item);
      link.hidden = takes || call.provider === "twilio";
      link.href = `${bar.dataset.calls}${call.id}`;
      return item;
    }),
  );
  $("[data-live-count]", bar).textContent = String(waiting.length);
  $("[data-live-waiting]", bar).classList.toggle("has-calls", waiting.length > 0);
  timer($("[data-live-oldest]", bar), waiting[0]?.started_at);
  $("[data-live-take]", bar).hidden = !waiting.some((call) => call.provider === "twilio" && call.state === "waiting");
}

function drawPresence() {
  if (!presence) return;
  const select = document.getElementById("live-presence");
  const value = presence.state === "break" ? `break:${presence.reason}` : presence.state;
  if (document.activeElement !== select || select.value !== value) select.value = value;
  select.dataset.state = presence.state;
  const writing = presence.state === "wrap_up";
  timer($("[data-live-timer]", bar), presence.state === "away" || writing ? "" : presence.since);
  if (writing) countDown();
  $("[data-live-extend]", bar).hidden = !writing;
}

/** What is left of the wrap-up; the agent is free again when it is over, here as on the server. */
function countDown() {
  if (presence?.state !== "wrap_up" || !presence.until) return;
  const left = Math.ceil((Date.parse(presence.until) - now()) / 1000);
  if (left <= 0) {
    presence = { ...presence, state: "available", since: presence.until, until: null };
    draw();
    return;
  }
  $("[data-live-timer]", bar).textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
}

function drawPhone() {
  const panel = document.getElementById("live-call");
  if (!panel) return;
  const call = calls.get(shownCall());
  const state = call ? (call.over ? "over" : stateOf(call)) : panel.dataset.state;
  panel.dataset.state = state;
  for (const button of panel.querySelectorAll("[data-when]")) button.hidden = !button.dataset.when.split(" ").includes(state);
  const mark = state === "over" || state === "wrap_up" ? "" : call ? call.recording : panel.dataset.mark;
  for (const part of panel.querySelectorAll("[data-recording]")) part.hidden = !part.dataset.recording.split(" ").includes(mark);
}

function draw() {
  const all = [...calls.values()].sort((a, b) => a.started_at.localeCompare(b.started_at) || a.id - b.id);
  const waiting = all.filter((call) => isWaiting(call) && !call.agent_id);
  const mine = all.filter((call) => !call.over && isMine(call));
  drawQueue(waiting);
  drawChips(mine);
  drawPresence();
  drawPhone();
  const ringing = mine.filter(isWaiting).length;
  document.title = ringing ? `(${ringing}) ${title}` : title;
}

async function send(url, fields = {}) {
  let answer;
  try {
    answer = await fetch(url, {
      method: "POST",
      body: new URLSearchParams(fields),
      credentials: "same-origin",
      headers: { "X-CSRFToken": csrfToken(), Accept: "application/json", "X-Requested-With": "fetch" },
    });
  } catch {
    alertLine(words.offline);
    return null;
  }
  if (answer.status === 401) sessionExpired(() => send(url, fields));
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    if (said.error) alertLine(said.error);
    return null;
  }
  if (said.call) take("call", said.call);
  if (said.user_id === me) take("presence", said);
  return said;
}

async function takeCall(url) {
  leaving = true; // the event may come before the answer
  const said = await send(url);
  leaving = false;
  if (said?.url) go(said.url);
}

/** Call somebody: by our telephone, or by the one that the machine has. */
async function callOut(button) {
  const said = await send(button.dataset.call, button.dataset.number ? { number: button.dataset.number } : {});
  if (!said) return;
  if (said.tel) {
    const link = document.createElement("a");
    link.href = said.tel;
    link.click();
    window.setTimeout(() => go(said.url), 400);
  } else go(said.url);
}

async function showTargets(button) {
  const list = document.getElementById("transfer-target");
  if (!list) return;
  const answer = await fetch(button.dataset.targets, { credentials: "same-origin" });
  if (!answer.ok) return;
  const { groups } = await answer.json();
  const other = list.querySelector('option[value=""]');
  list.replaceChildren(
    ...groups.map((group) => {
      const part = document.createElement("optgroup");
      part.label = group.label;
      part.append(...group.targets.map((one) => new Option(one.shown ? `${one.name} · ${one.shown}` : one.name, one.value)));
      return part;
    }),
    other,
  );
  // Whoever has begun to type a number while the list was on its way goes on doing so.
  const typing = document.getElementById("transfer-number");
  const typed = document.activeElement === typing || typing.value !== "";
  if (typed) list.value = "";
  else list.selectedIndex = 0;
  chooseTarget();
  if (!typed) list.focus();
}

/** A queue is passed a word and can't be spoken to first; only "another number" is typed. */
function chooseTarget() {
  const value = document.getElementById("transfer-target").value;
  const queue = value.startsWith("line:");
  document.getElementById("transfer-other").hidden = value !== "";
  document.getElementById("transfer-said").hidden = !queue;
  document.querySelector('#transfer-dialog [data-phone="consult"]').hidden = queue;
}

function phoneFields(what) {
  if (what !== "transfer" && what !== "consult") return {};
  const target = document.getElementById("transfer-target")?.value || "";
  const number = target || document.getElementById("transfer-number")?.value || "";
  return { number, word: document.getElementById("transfer-word")?.value || "" };
}

function onClick(event) {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.matches("[data-live-take]")) takeCall(bar.dataset.take);
  else if (button.matches("[data-take-call]")) takeCall(`${bar.dataset.calls}${button.closest("li").dataset.id}/take`);
  else if (button.matches("[data-live-extend]")) send(bar.dataset.extend);
  else if (button.matches("[data-live-waiting]")) {
    const queue = document.getElementById("live-queue");
    queue.hidden = !queue.hidden;
    button.setAttribute("aria-expanded", String(!queue.hidden));
  } else if (button.matches("[data-phone]")) {
    send(`${bar.dataset.calls}${shownCall()}/${button.dataset.phone}`, phoneFields(button.dataset.phone));
    button.closest("dialog")?.close();
  } else if (button.matches("[data-call]")) callOut(button);
  else if (button.matches("[data-targets]")) showTargets(button);
}

if (bar) {
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") document.getElementById("live-queue").hidden = true;
  });
  document.getElementById("transfer-target")?.addEventListener("change", chooseTarget);
  document.getElementById("live-presence").addEventListener("change", (event) => {
    const [state, reason = ""] = event.target.value.split(":");
    send(bar.dataset.presence, { state, reason }).then((said) => said || draw());
  });
  window.setInterval(countDown, 1000);
  new Feed(bar.dataset.events, bar.dataset.poll, take).start();
}
