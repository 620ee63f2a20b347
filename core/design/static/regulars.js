// Comfort on top of pages that work without it: single keys, the undo countdown, sliders.

document.documentElement.classList.add("js");

const KEYS_OFF = "regulars.keys-off";

function typing(element) {
  return element.closest("input:not([type=checkbox]):not([type=range]), textarea, select, [contenteditable]");
}

// Moves along the rows of a list; stays at its ends.
function step(by) {
  const links = [...document.querySelectorAll("[data-rows] .row-link")];
  if (links.length === 0) return false;
  const at = links.indexOf(document.activeElement);
  const next = at < 0 ? 0 : Math.min(Math.max(at + by, 0), links.length - 1);
  links[next].focus();
  return true;
}

// Links are followed and fields focused; a button only gets the focus, so that Enter sends knowingly.
function press(key) {
  if ((key === "j" && step(1)) || (key === "k" && step(-1))) return true;
  const target = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!target) return false;
  if (target.matches("a")) target.click();
  else if (target.matches("summary")) target.parentElement.open = true;
  target.focus();
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && typing(event.target)) return event.target.blur();
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (localStorage.getItem(KEYS_OFF) || !/^[a-z]$/i.test(event.key)) return;
  if (press(event.key.toLowerCase())) event.preventDefault();
});

for (const box of document.querySelectorAll("[data-keys-switch]")) {
  box.checked = !localStorage.getItem(KEYS_OFF);
  box.addEventListener("change", () => {
    if (box.checked) localStorage.removeItem(KEYS_OFF);
    else localStorage.setItem(KEYS_OFF, "1");
  });
}

// Shows the seconds that are left; afterwards it is too late to undo.
for (const bar of document.querySelectorAll("[data-undo-until]")) {
  const until = Date.parse(bar.dataset.undoUntil);
  const shown = bar.querySelector("[data-countdown]");
  const timer = setInterval(() => {
    const left = Math.ceil((until - Date.now()) / 1000);
    shown.textContent = shown.dataset.countdown.replace("%s", Math.max(left, 0));
    if (left > 0) return;
    clearInterval(timer);
    bar.querySelector("button").disabled = true;
  }, 250);
}

// A slider and its number field show the same; only the field is sent.
for (const slider of document.querySelectorAll("[data-mirrors]")) {
  const field = document.getElementById(slider.dataset.mirrors);
  slider.addEventListener("input", () => {
    field.value = slider.value;
  });
  field.addEventListener("input", () => {
    slider.value = field.value;
  });
}

// How much of a text's limit is left. Python counts characters, not UTF-16 units; some sources count bytes.
for (const note of document.querySelectorAll("[data-counts]")) {
  const field = document.getElementById(note.dataset.counts);
  const show = () => {
    const used = note.dataset.unit ? new TextEncoder().encode(field.value).length : [...field.value].length;
    const left = Number(note.dataset.limit) - used;
    note.textContent = note.dataset.said.replace("%s", left);
    note.classList.toggle("problem", left < 0);
  };
  field.addEventListener("input", show);
  show();
}

// A list that is open renews itself while nobody points into it or has ticked something; else it says that
// there is more. A case never changes under whoever writes: it only says so.
const strip = document.querySelector("[data-live]");

function busy() {
  const list = document.getElementById("queue");
  return list?.matches(":hover, :focus-within") || document.querySelector("[data-rows] :checked");
}

async function renew() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live-part]")) {
    const fresh = page.getElementById(part.id);
    if (fresh) part.replaceWith(document.adoptNode(fresh));
  }
  strip.hidden = true;
}

if (strip) {
  let running = Promise.resolve();
  let asked = false;
  const source = new EventSource(strip.dataset.live);
  source.addEventListener("cases", (event) => {
    const mine = strip.dataset.liveCase;
    if (mine) {
      if (JSON.parse(event.data).includes(mine)) strip.hidden = false;
    } else if (busy()) strip.hidden = false;
    else if (!asked) {
      asked = true;
      running = running.then(() => {
        asked = false;
        return renew();
      }).catch(() => undefined);
    }
  });
  strip.querySelector("[data-live-show]")?.addEventListener("click", renew);
  addEventListener("pagehide", () => source.close());
}
