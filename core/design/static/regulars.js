// Comfort on top of pages that work without it: single keys, the undo countdown, sliders, texts that survive.

document.documentElement.classList.add("js");

const KEYS_OFF = "regulars.keys-off";
const ROW = "regulars.row";
const DEAF_AFTER_MS = 8000;
const LISTEN_AGAIN_MS = 10000;

// A message that the page brings along: offline, slow, failed, deaf or signed-out.
function say(what, shown = true) {
  const told = document.querySelector(`[data-told="${what}"]`);
  if (told) told.hidden = !shown;
}

function typing(element) {
  return element.closest("input:not([type=checkbox]):not([type=radio]):not([type=range]), textarea, select, [contenteditable]");
}

function rows() {
  return [...document.querySelectorAll("[data-rows] .row-link")];
}

// Moves along the rows of a list, from the one that was opened last; stays at its ends.
function step(by) {
  const links = rows();
  if (links.length === 0) return false;
  const focused = links.findIndex((link) => link.closest("li").contains(document.activeElement));
  const last = focused < 0 ? links.findIndex((link) => link.getAttribute("href") === sessionStorage.getItem(ROW)) : focused;
  const next = last < 0 ? 0 : Math.min(Math.max(last + by, 0), links.length - 1);
  links[next].focus();
  return true;
}

function box(of) {
  return of?.closest("[data-rows] li")?.querySelector("input[type=checkbox]");
}

function tick() {
  const found = box(document.activeElement);
  if (found) found.click();
  return Boolean(found);
}

// Links are followed, forms open with their first field; a button only gets the focus, so that Enter sends knowingly.
function press(key) {
  if ((key === "j" && step(1)) || (key === "k" && step(-1)) || (key === "x" && tick())) return true;
  const target = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!target) return false;
  if (target.matches("a")) target.click();
  else if (target.dataset.opens) document.getElementById(target.dataset.opens).showModal();
  else if (target.matches("summary")) {
    target.parentElement.open = true;
    (target.parentElement.querySelector("textarea, select, input:not([type=hidden])") ?? target).focus();
  } else {
    const bulk = target.closest("[data-bulk]");
    const row = box(document.activeElement);
    if (bulk && row && !document.querySelector("[data-rows] :checked")) row.click();
    const closed = target.closest("details:not([open])");
    if (closed) closed.open = true;
    target.focus();
  }
  return true;
}

// One step back: out of a field, a form that was opened, ticks, and in the end out of the case.
function leave(event) {
  if (typing(event.target)) return event.target.blur();
  const opened = event.target.closest("details[open]") ?? document.querySelector("details.ask[open]");
  if (opened) {
    opened.open = false;
    return opened.querySelector("summary").focus();
  }
  const ticked = document.querySelectorAll("[data-rows] :checked");
  if (ticked.length === 0) return press("escape");
  for (const each of ticked) each.checked = false;
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") return leave(event);
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea"))
    return event.target.form?.requestSubmit();
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (localStorage.getItem(KEYS_OFF) || !/^[a-z/?]$/i.test(event.key)) return;
  if (press(event.key.toLowerCase())) event.preventDefault();
});

for (const button of document.querySelectorAll("[data-opens]"))
  button.addEventListener("click", () => document.getElementById(button.dataset.opens).showModal());

document.addEventListener("click", (event) => {
  const link = event.target.closest?.(".row-link");
  if (link) sessionStorage.setItem(ROW, link.getAttribute("href"));
});

document.addEventListener("change", (event) => {
  const bulk = event.target.closest("[data-rows]") && document.querySelector("[data-bulk]");
  if (bulk) bulk.open = Boolean(document.querySelector("[data-rows] :checked"));
});

for (const box of document.querySelectorAll("[data-keys-switch]")) {
  box.checked = !localStorage.getItem(KEYS_OFF);
  box.addEventListener("change", () => {
    if (box.checked) localStorage.removeItem(KEYS_OFF);
    else localStorage.setItem(KEYS_OFF, "1");
  });
}

// Shows the seconds that are left, whatever the clock of this computer says; afterwards it is too late to undo.
function countDown() {
  for (const bar of document.querySelectorAll("[data-undo-s]")) {
    const until = performance.now() + 1000 * bar.dataset.undoS;
    const shown = bar.querySelector("[data-countdown]");
    delete bar.dataset.undoS;
    const timer = setInterval(() => {
      const left = Math.ceil((until - performance.now()) / 1000);
      shown.textContent = shown.dataset.countdown.replace("%s", left);
      if (left > 0) return;
      clearInterval(timer);
      shown.remove();
      bar.querySelector("form").remove();
    }, 250);
  }
}

countDown();
document.addEventListener("htmx:oobAfterSwap", countDown);

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
    note.textContent = note.dataset.said.replace("%s", new Intl.NumberFormat(document.documentElement.lang).format(left));
    note.classList.toggle("problem", left < 0);
  };
  field.addEventListener("input", show);
  show();
}

// What is typed into a form survives a lost connection, a session that ended, and a page that was left: it is
// kept in this tab for whoever is signed in, until a page says that it was sent. Never what is secret, or typed to
// be sure (autocomplete off).
const who = document.body.dataset.who;
const KEPT = "regulars.kept:";
const SENDING = "regulars.sending";

const TYPED = "input:is([type=text], [type=email], [type=number], [type=date]):not([autocomplete=off])";

// Where its form goes, and which of the things that go there it changes.
function keptAs(field) {
  const { pathname, search } = new URL(field.form.getAttribute("action"), location.href);
  return `${KEPT}${who}:${pathname}${search}:${field.form.dataset.keptAs ?? ""}:${field.id || field.name}`;
}

function forget() {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(KEPT)) sessionStorage.removeItem(key);
}

// After a send the next page is the answer if a redirect led to it, for somebody who is signed in.
function settle() {
  const sent = JSON.parse(sessionStorage.getItem(SENDING) ?? "[]");
  sessionStorage.removeItem(SENDING);
  const came = performance.getEntriesByType("navigation")[0];
  const answered = who && came?.type === "navigate" && came.redirectCount > 0 && !("ended" in document.body.dataset);
  if (answered) for (const key of sent) sessionStorage.removeItem(key);
}

const arrival = performance.getEntriesByType("navigation")[0]?.type;
const wentBack = arrival === "back_forward";
const takenBack = new URLSearchParams(location.search).has("taken");

// What follows what is typed hears of it: counters, sliders, previews.
function fill(field, text) {
  if (field.value === text) return;
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function keep(field) {
  const key = keptAs(field);
  const broughtBack = takenBack && field.localName === "textarea";
  let kept = sessionStorage.getItem(key);
  // What was taken back stands above what was typed since, once: a page that is loaded again has both as they are kept.
  if (kept && broughtBack && arrival === "navigate" && !kept.startsWith(field.value)) {
    kept = `${field.value}\n\n${kept}`;
    sessionStorage.setItem(key, kept);
  }
  // A browser that goes back fills in what was sent before: what was not sent is kept here.
  if (!kept && wentBack) fill(field, field.defaultValue);
  else if (kept && (!field.value || wentBack || broughtBack)) {
    fill(field, kept);
    const around = field.closest("details");
    if (around) around.open = true;
    const note = document.querySelector("[data-told=restored]")?.cloneNode(true);
    if (note) {
      note.hidden = false;
      field.after(note);
      note.querySelector("button").addEventListener("click", () => {
        fill(field, field.defaultValue);
        sessionStorage.removeItem(key);
        note.remove();
        field.focus();
      });
    }
  }
  field.addEventListener("input", () => {
    if (field.value) sessionStorage.setItem(key, field.value);
    else sessionStorage.removeItem(key);
  });
}

// Stars and the like: what was chosen stands again where the page has chosen nothing.
function keepChoice(radio) {
  const key = keptAs(radio);
  const alike = radio.form.elements[radio.name];
  if (sessionStorage.getItem(key) === radio.value && !alike.value) radio.checked = true;
  radio.addEventListener("change", () => sessionStorage.setItem(key, radio.value));
}

settle();
const typed = who ? [...document.querySelectorAll(`form[method=post] :is(textarea, ${TYPED})`)] : [];
const chosen = who ? [...document.querySelectorAll("form[method=post] .star-choices input")] : [];
typed.forEach(keep);
chosen.forEach(keepChoice);

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (!navigator.onLine) {
    event.preventDefault();
    return say("offline");
  }
  if (new URL(form.action).pathname === "/sign-out") return forget();
  const fields = [...typed.filter((field) => field.value), ...chosen.filter((radio) => radio.checked)].filter(
    (field) => field.form === form,
  );
  for (const field of fields) {
    sessionStorage.setItem(keptAs(field), field.value);
    field.autocomplete = "off"; // The browser's own memory does not know what was sent.
  }
  if (fields.length) sessionStorage.setItem(SENDING, JSON.stringify(fields.map(keptAs)));
  setTimeout(say, 1500, "slow");
});

addEventListener("offline", () => say("offline"));
addEventListener("online", () => say("offline", false));
addEventListener("pageshow", () => {
  sessionStorage.removeItem(SENDING);
  say("slow", false);
});

// What asks by itself never leads away from what somebody is writing.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  if (event.detail.xhr.status !== 401 || !event.detail.elt.closest("[data-quiet], form")) return;
  event.preventDefault();
  say("signed-out");
});

// A part that could not be renewed stays as it is and says so, with the answer's own words, until it could be.
const stale = new Map();
const hushed = new WeakSet(); // Whose note was closed: it does not come back with every poll.
const failure = document.querySelector("[data-told=failed]");

function wordsOf(page) {
  const read = new DOMParser().parseFromString(page ?? "", "text/html");
  return ["h1", ".lead"].map((part) => read.querySelector(`#main ${part}`)?.textContent ?? "").filter(Boolean).join(". ");
}

function fail(part, again, page) {
  stale.set(part, again);
  part.dataset.stale = failure.dataset.mark;
  if (!navigator.onLine) return say("offline");
  if (hushed.has(part)) return;
  failure.querySelector("[data-own]").textContent = wordsOf(page);
  say("failed");
}

function renewed(part) {
  say("signed-out", false);
  stale.delete(part);
  hushed.delete(part);
  delete part.dataset.stale;
  for (const each of stale.keys()) if (!each.isConnected) stale.delete(each);
  if (stale.size === 0) say("failed", false);
}

function failedAt(event) {
  const { elt, target, requestConfig, xhr } = event.detail;
  if (xhr.status === 401 || elt.getAttribute("hx-swap") === "none") return;
  const again = () => window.htmx.ajax(requestConfig.verb, requestConfig.path, { source: elt, target });
  fail(target, again, xhr.responseText);
}

for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) document.addEventListener(name, failedAt);
document.addEventListener("htmx:afterOnLoad", (event) => {
  if (event.detail.successful) renewed(event.detail.target);
});
function askAgain() {
  for (const again of [...stale.values()]) again();
}

addEventListener("online", askAgain);
failure.querySelector("[data-again]").addEventListener("click", askAgain);
failure.querySelector("[data-close]").addEventListener("click", () => {
  for (const part of stale.keys()) hushed.add(part);
  say("failed", false);
});

// A list that is open renews itself while nobody points into it or has ticked something; else it says that
// there is more. A case never changes under whoever writes: it only says so.
const strip = document.querySelector("[data-live]");

function busy() {
  const list = document.getElementById("queue");
  return list?.matches(":hover, :focus-within") || document.querySelector("[data-rows] :checked");
}

async function renew() {
  const list = document.getElementById("queue");
  const answer = await fetch(strip.dataset.liveList, { headers: { Accept: "text/html" } }).catch(() => undefined);
  if (answer?.redirected) return say("signed-out");
  // An answer can break off after its first line.
  const said = await answer?.text().catch(() => undefined);
  if (!answer?.ok || said === undefined) return fail(list, renew, said);
  const page = new DOMParser().parseFromString(said, "text/html");
  for (const part of document.querySelectorAll("[data-live-part]")) {
    const fresh = page.getElementById(part.id);
    if (fresh) part.replaceWith(document.adoptNode(fresh));
  }
  strip.hidden = true;
  renewed(list);
}

if (strip) {
  const mine = strip.dataset.liveCase;
  let running = Promise.resolve();
  let asked = false;
  let source;
  let silent;

  const look = () => {
    if (mine) strip.dispatchEvent(new Event("news"));
    else if (busy()) strip.hidden = false;
    else if (!asked) {
      asked = true;
      running = running
        .then(() => {
          asked = false;
          return renew();
        })
        .catch(reportError);
    }
  };

  // The line ends every few seconds and is there again at once. A browser gives up on one that is refused: whether
  // the session has ended is seen by looking.
  const listen = () => {
    source = new EventSource(strip.dataset.live);
    source.addEventListener("open", () => {
      clearTimeout(silent);
      silent = undefined;
      say("deaf", false);
    });
    source.addEventListener("error", () => {
      silent ??= setTimeout(() => {
        silent = undefined;
        if (navigator.onLine) say("deaf");
      }, DEAF_AFTER_MS);
      if (source.readyState !== EventSource.CLOSED) return;
      if (mine || !busy()) look();
      setTimeout(listen, LISTEN_AGAIN_MS);
    });
    source.addEventListener("cases", (event) => {
      if (!mine || JSON.parse(event.data).includes(mine)) look();
    });
  };
  listen();
  strip.querySelector("[data-live-show]")?.addEventListener("click", renew);
  addEventListener("pagehide", () => source.close());
}
