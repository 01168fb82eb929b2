// Shows new e-mails without a reload; leaves the page alone while somebody reads or types.

const box = document.getElementById("mails");

async function look() {
  if (!document.hidden && document.activeElement === document.body) {
    try {
      const answer = await fetch(location.href);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("mails");
      if (fresh && fresh.innerHTML !== box.innerHTML) {
        box.replaceChildren(...fresh.childNodes);
        document.querySelector(".empty")?.remove();
      }
    } catch {
      // the sandbox is away: look again later
    }
  }
  setTimeout(look, 2000);
}

setTimeout(look, 2000);
