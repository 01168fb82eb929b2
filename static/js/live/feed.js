// Where news come from: one stream per browser, whatever the number of its tabs. The tab that
// holds the lock listens and passes on; when a stream does not pass, the tab asks every few seconds.
const RETRY = 3000;
const TRY_STREAM_AGAIN = 30000;
const SILENCE = 20000;

export class Feed {
  constructor(events, poll, take) {
    this.events = events;
    this.poll = poll;
    this.take = take; // (kind, data) => void; kinds: snapshot, call, presence, incident, link
    this.channel = new BroadcastChannel("live-calls");
    this.position = "";
    this.heard = Date.now();
    this.leads = false;
  }

  start() {
    this.channel.addEventListener("message", ({ data }) => this.take(data.kind, data.data));
    if (navigator.locks) {
      navigator.locks.request("live-calls", () => new Promise(() => this.lead()));
      // A tab that does not listen asks once what goes on, then hears it from the one that does.
      window.setTimeout(() => this.leads || this.ask(), 300);
    } else this.lead();
    window.addEventListener("online", () => this.leads && this.listen());
    window.setInterval(() => {
      if (this.leads && this.source && Date.now() - this.heard > SILENCE) this.listen();
    }, 5000);
  }

  lead() {
    this.leads = true;
    this.listen();
  }

  tell(kind, data) {
    this.take(kind, data);
    this.channel.postMessage({ kind, data });
  }

  listen() {
    this.source?.close();
    window.clearTimeout(this.timer);
    this.heard = Date.now();
    const source = new EventSource(this.events);
    this.source = source;
    for (const kind of ["snapshot", "call", "presence", "incident", "beat"]) {
      source.addEventListener(kind, (event) => {
        this.heard = Date.now();
        if (event.lastEventId) this.position = event.lastEventId;
        if (kind !== "beat") this.tell(kind, JSON.parse(event.data));
      });
    }
    source.addEventListener("open", () => {
      this.heard = Date.now();
      this.tell("link", true);
    });
    source.addEventListener("error", () => {
      this.tell("link", false);
      if (source.readyState !== EventSource.CLOSED || source !== this.source) return;
      this.source = null;
      this.askFor(Date.now() + TRY_STREAM_AGAIN);
    });
  }

  askFor(until) {
    this.ask().finally(() => {
      this.timer = window.setTimeout(
        () => (Date.now() < until ? this.askFor(until) : this.listen()),
        RETRY,
      );
    });
  }

  async ask() {
    try {
      const answer = await fetch(`${this.poll}?since=${encodeURIComponent(this.position)}`, {
        credentials: "same-origin",
        headers: { Accept: "application/json" },
      });
      if (answer.status === 200) {
        const { id, snapshot } = await answer.json();
        this.position = id;
        this.take("snapshot", snapshot);
      }
      if (answer.ok) this.take("link", true);
    } catch {
      this.take("link", false);
    }
  }
}
