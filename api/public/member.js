// Shows a member's points in a shop's own page. One script, no dependency, no eval, no inline style:
//   <script src="https://…/public/widget/member.js" data-shop="my-shop" data-token="…" async></script>
// The token comes from the shop's server (GET /v1/members/{customer_id}/widget-token); without one, or when its
// hour is over, there is a link to sign in. It stands where the points are to be shown, or names the place:
// data-target="#points". Language: data-lang, else that of the page. data-enter: an address of the shop's own that
// sends whoever is signed in there on to the portal, signed in (docs/hand-off.md).
(() => {
  "use strict";

  const script = document.currentScript;
  const origin = new URL(script.src).origin;

  const WORDS = {
    en: {
      title: "Your points", loading: "Loading your points…", failed: "Your points cannot be shown now.", again: "Try again",
      guest: "Sign in to see your points and rewards.", enter: "Sign in", tier: "Your tier", reward: "Your next reward",
      inReach: "A reward in reach", last: "Last activity", why: "Why?", ways: "Ways to earn", more: "All points and rewards",
    },
    "zh-Hans": {
      title: "您的积分", loading: "正在加载积分…", failed: "暂时无法显示积分。", again: "重试",
      guest: "登录后查看您的积分和奖励。", enter: "登录", tier: "您的等级", reward: "您的下一个奖励",
      inReach: "可兑换的奖励", last: "最近动态", why: "为什么？", ways: "赚取积分", more: "全部积分与奖励",
    },
    "zh-Hant": {
      title: "您的積分", loading: "正在載入積分…", failed: "目前無法顯示積分。", again: "再試一次",
      guest: "登入後查看您的積分與獎勵。", enter: "登入", tier: "您的等級", reward: "您的下一個獎勵",
      inReach: "可兌換的獎勵", last: "最近動態", why: "為什麼？", ways: "賺取積分", more: "全部積分與獎勵",
    },
  };

  const STYLE = `
    :host { display: block; font: inherit; color: inherit; line-height: 1.5; }
    * { box-sizing: border-box; }
    section { border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-radius: .75em; padding: 1.25em; }
    h2, h3, p, ul { margin: 0; padding: 0; }
    ul { list-style: none; }
    h2, h3 { font-size: 1em; }
    h3 { margin-top: 1em; }
    .points { font-size: 2em; font-weight: 700; line-height: 1.2; }
    .small { font-size: .875em; }
    .entry, .line { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1em; }
    progress { width: 100%; height: .6em; accent-color: var(--regulars-accent, #1d5a49); }
    a { color: inherit; }
    button { font: inherit; color: inherit; background: transparent; border: 1px solid currentColor; border-radius: .4em;
      padding: .35em .8em; cursor: pointer; }
    summary { cursor: pointer; font-weight: 700; margin-top: 1em; }
    .go { margin-top: 1em; }
    :focus-visible { outline: 3px solid var(--regulars-focus, #1d5a49); outline-offset: 2px; }
  `;

  function language(wanted) {
    const tag = (wanted || document.documentElement.lang || navigator.language || "en").toLowerCase();
    if (!tag.startsWith("zh")) return "en";
    return /hant|tw|hk|mo/.test(tag) ? "zh-Hant" : "zh-Hans";
  }

  function element(tag, fields = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(fields)) {
      if (name === "class") made.className = value;
      else if (name === "onclick") made.addEventListener("click", value);
      else if (value != null) made.setAttribute(name, value);
    }
    // Strings become text nodes: whatever a reward is called is shown, not run.
    made.append(...children.filter((child) => child != null));
    return made;
  }

  // Where the shop's server signs its visitor in at the portal; "": it does not, or the address is none.
  function entrance(enter, path) {
    try {
      const at = new URL(enter, document.baseURI);
      at.searchParams.set("next", `/portal${path}`);
      return enter && /^https?:$/.test(at.protocol) ? at.href : "";
    } catch {
      return "";
    }
  }

  function mount(host, shop, token, lang, enter) {
    const words = WORDS[lang];
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    const body = element("div");
    const status = element("p", { role: "status" });
    root.append(element("section", { "aria-labelledby": "title", lang }, element("h2", { id: "title" }, words.title), status, body));

    // Who has no token is nobody at the shop. The portal asks no more of who comes from there, so it has to be told.
    const door = (path) => token && entrance(enter, path);
    const to = (path, inside) => (door(inside) ? { href: door(inside), referrerpolicy: "origin" } : { href: `${origin}/portal${path}` });
    const link = (path, text) => element("p", { class: "go" }, element("a", to(path, ""), text));
    const why = (each) => element("a", { ...to(each.path, each.path), class: "small", target: "_blank", rel: "noopener",
      "aria-label": `${words.why} ${each.what}, ${each.when}` }, words.why);
    const bar = (share, label) => element("progress", { max: 1, value: share, "aria-label": label });
    const small = (text) => (text ? element("p", { class: "small" }, text) : null);

    function guest() {
      status.textContent = words.guest;
      body.replaceChildren(link("/sign-in", words.enter));
    }

    function entries(list) {
      if (!list.length) return [];
      return [element("h3", {}, words.last), element("ul", {}, ...list.map((each) => element("li", { class: "entry" },
        element("span", {}, each.what, " ", element("span", { class: "small" }, each.when), " ", why(each)), element("b", {}, each.points))))];
    }

    function show(said) {
      const { tier, reward } = said;
      status.textContent = "";
      body.replaceChildren(...[
        element("p", { class: "points" }, said.points), small(said.pending), small(said.expiry),
        tier && element("h3", {}, words.tier), tier && element("p", {}, tier.name),
        tier && tier.share != null ? bar(tier.share, tier.next) : null, tier && small(tier.next), tier && small(tier.keep),
        reward && element("h3", {}, reward.share >= 1 ? words.inReach : words.reward),
        reward && element("p", { class: "line" }, element("span", {}, reward.name), element("b", {}, reward.price)),
        reward && reward.share < 1 ? bar(reward.share, reward.missing) : null, reward && small(reward.missing),
        ...entries(said.entries),
        said.ways.length ? element("details", {}, element("summary", {}, words.ways),
          element("ul", {}, ...said.ways.map((way) => element("li", {}, way)))) : null,
        link("", words.more),
      ].filter(Boolean));
    }

    async function load() {
      if (!token) return guest();
      status.textContent = words.loading;
      body.replaceChildren();
      try {
        const path = `/public/${encodeURIComponent(shop)}/member?locale=${lang}`;
        const answer = await fetch(origin + path, { method: "POST", body: token, credentials: "omit" });
        if (answer.status === 401) return guest();
        if (!answer.ok) throw new Error(String(answer.status));
        show(await answer.json());
      } catch {
        status.replaceChildren(words.failed, " ", element("button", { type: "button", onclick: load }, words.again));
      }
    }

    load();
  }

  function start() {
    const { shop, token = "", target, lang, enter = "" } = script.dataset;
    const host = target ? document.querySelector(target) : document.createElement("div");
    if (!shop || !host) return console.error("member.js needs data-shop, and the place that data-target names");
    if (!target) script.after(host);
    // Nobody else in the page needs it.
    script.removeAttribute("data-token");
    mount(host, shop, token, language(lang), enter);
  }

  if (script.dataset.target && document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
