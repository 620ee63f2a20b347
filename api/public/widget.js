// Shows the reviews of a product in a shop's own page. One script, no dependency, no eval, no inline style:
//   <script src="https://…/public/widget/reviews.js" data-shop="my-shop" data-product="SKU" async></script>
// It stands where the reviews are to be shown, or names the place: data-target="#reviews". Language: data-lang,
// else that of the page. What reviewers wrote is only ever put in as text.
(() => {
  "use strict";

  const script = document.currentScript;
  const origin = new URL(script.src).origin;
  const PAGE = 10;

  const WORDS = {
    en: {
      title: "Customer reviews", mean: "{0} out of 5", stars: "{0} out of 5 stars", only: "{0} stars: {1} reviews",
      count: ["{0} review", "{0} reviews"], none: "No reviews yet.", nothing: "No review fits this filter.",
      sort: "Sort by", newest: "Newest", highest: "Highest rating", lowest: "Lowest rating", helpful: "Most helpful",
      verified: "Verified purchases", photos: "With photos", language: "In English", all: "Show all",
      more: "More reviews", loading: "Loading reviews…", failed: "Reviews cannot be shown now.", again: "Try again",
      isVerified: "Verified purchase", how: "How reviews are verified", isIncentivised: "Received a reward for this review", insider: "Belongs to the shop or is close to it",
      edited: "edited", anonymous: "Anonymous", reply: "Reply from {0}", photo: "Photo {0}", noStars: "No stars given",
      found: ["{0} person found this helpful", "{0} people found this helpful"], vote: "Helpful", thanks: "Thank you.",
      filters: "Filter reviews", shown: "{0} reviews are shown.",
    },
    "zh-Hans": {
      title: "顾客评价", mean: "{0} 分（满分 5 分）", stars: "{0} 星（满分 5 星）", only: "{0} 星：{1} 条评价",
      count: ["{0} 条评价"], none: "还没有评价。", nothing: "没有符合筛选条件的评价。",
      sort: "排序", newest: "最新", highest: "评分从高到低", lowest: "评分从低到高", helpful: "最有帮助",
      verified: "已验证购买", photos: "有图片", language: "中文评价", all: "显示全部",
      more: "更多评价", loading: "正在加载评价…", failed: "暂时无法显示评价。", again: "重试",
      isVerified: "已验证购买", how: "评价如何验证", isIncentivised: "撰写此评价获得了奖励", insider: "店铺员工或相关人员",
      edited: "已编辑", anonymous: "匿名", reply: "{0} 的回复", photo: "图片 {0}", noStars: "未评星级",
      found: ["{0} 人觉得有帮助"], vote: "有帮助", thanks: "谢谢。",
      filters: "筛选评价", shown: "已显示 {0} 条评价。",
    },
    "zh-Hant": {
      title: "顧客評價", mean: "{0} 分（滿分 5 分）", stars: "{0} 顆星（滿分 5 顆星）", only: "{0} 顆星：{1} 則評價",
      count: ["{0} 則評價"], none: "還沒有評價。", nothing: "沒有符合篩選條件的評價。",
      sort: "排序方式", newest: "最新", highest: "評分由高至低", lowest: "評分由低至高", helpful: "最有幫助",
      verified: "已驗證購買", photos: "附照片", language: "中文評價", all: "顯示全部",
      more: "更多評價", loading: "正在載入評價…", failed: "目前無法顯示評價。", again: "再試一次",
      isVerified: "已驗證購買", how: "評價如何驗證", isIncentivised: "撰寫此評價獲得了獎勵", insider: "商店員工或相關人士",
      edited: "已編輯", anonymous: "匿名", reply: "{0} 的回覆", photo: "照片 {0}", noStars: "未評星等",
      found: ["{0} 人覺得有幫助"], vote: "有幫助", thanks: "謝謝。",
      filters: "篩選評價", shown: "已顯示 {0} 則評價。",
    },
  };

  const STYLE = `
    :host { display: block; font: inherit; color: inherit; line-height: 1.5; }
    * { box-sizing: border-box; }
    h2, p, ul, ol, blockquote, fieldset { margin: 0; padding: 0; border: 0; }
    ul, ol { list-style: none; }
    h2 { font-size: 1.35em; }
    h3 { font-size: 1em; margin: .35em 0 0; }
    .head { display: flex; flex-wrap: wrap; gap: 1em 2.5em; align-items: flex-start; margin: .75em 0 1em; }
    .mean { font-size: 1.6em; font-weight: 700; }
    .stars { color: var(--regulars-star, #9a5b00); letter-spacing: .08em; white-space: nowrap; }
    .bars { display: grid; gap: .15em; min-width: 14em; flex: 0 1 20em; }
    .bars button { display: grid; grid-template-columns: 2.2em 1fr 3.5em; gap: .5em; align-items: center; width: 100%;
      min-height: 1.75em; text-align: start; border-color: transparent; padding: 0 .3em; background: none; }
    .bars button[aria-pressed="true"] { border-color: currentColor; font-weight: 700; }
    progress { width: 100%; height: .6em; accent-color: var(--regulars-star, #9a5b00); }
    .tools { display: flex; flex-wrap: wrap; gap: .5em 1.25em; align-items: center; margin-bottom: .5em; }
    label { display: inline-flex; gap: .4em; align-items: center; min-height: 2em; }
    button, select { font: inherit; color: inherit; background: transparent; border: 1px solid currentColor;
      border-radius: .4em; padding: .35em .8em; cursor: pointer; }
    select { background: Canvas; color: CanvasText; }
    button:disabled { cursor: default; }
    :focus-visible { outline: 3px solid var(--regulars-focus, #1d5a49); outline-offset: 2px; }
    .review { padding: 1em 0; border-top: 1px solid color-mix(in srgb, currentColor 25%, transparent); }
    .meta, .tags { display: flex; flex-wrap: wrap; gap: .2em .8em; font-size: .9em; }
    .tags { margin: .35em 0; }
    .tags > li { border: 1px solid currentColor; border-radius: 1em; padding: 0 .7em; }
    .tags a, .photos a { color: inherit; }
    .body { white-space: pre-line; overflow-wrap: anywhere; margin: .35em 0; }
    blockquote { margin: .6em 0 0; padding-inline-start: 1em; border-inline-start: 3px solid currentColor;
      white-space: pre-line; overflow-wrap: anywhere; }
    .photos { display: flex; flex-wrap: wrap; gap: .75em; }
    .vote { display: flex; flex-wrap: wrap; gap: .75em; align-items: center; margin-top: .5em; font-size: .9em; }
    .read { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
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
      else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else if (value === true) made.setAttribute(name, "");
      else if (value !== false && value != null) made.setAttribute(name, value);
    }
    // Strings become text nodes: markup in a review is shown, not run.
    made.append(...children.filter((child) => child != null));
    return made;
  }

  function mount(host, shop, product, lang) {
    const words = WORDS[lang];
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    const state = { sort: "newest", stars: 0, verified: false, photos: false, language: false, after: "", turn: 0 };

    const say = (text, ...values) => text.replace(/\{(\d)\}/g, (_, n) => values[n]);
    const plural = (forms, n) => say(forms[n === 1 ? 0 : forms.length - 1], number(n));
    const number = (n, digits = 0) => new Intl.NumberFormat(lang, { maximumFractionDigits: digits }).format(n);
    const day = (text) => new Intl.DateTimeFormat(lang, { dateStyle: "medium" }).format(new Date(text));

    const head = element("div", { class: "head" });
    const tools = element("fieldset", { class: "tools" }, element("legend", { class: "read" }, words.filters));
    const list = element("ol", { class: "list" });
    const more = element("button", { type: "button", hidden: true, onclick: () => load(true) }, words.more);
    const status = element("p", { role: "status" });
    const policy = element("a", { hidden: true }, words.how);
    root.append(element("section", { "aria-labelledby": "title", lang },
      element("h2", { id: "title" }, words.title), head, tools, list, status, more, element("p", {}, policy)));

    function change(fields) {
      Object.assign(state, fields);
      load(false);
    }

    function check(name, label) {
      const box = element("input", { type: "checkbox", onchange: () => change({ [name]: box.checked }) });
      return element("label", {}, box, label);
    }

    const sort = element("select", { onchange: () => change({ sort: sort.value }) },
      ...["newest", "highest", "lowest", "helpful"].map((name) => element("option", { value: name }, words[name])));
    tools.append(element("label", {}, words.sort, sort), check("verified", words.verified),
      check("photos", words.photos), check("language", words.language));

    function glyphs(stars) {
      const full = Math.round(stars);
      return element("span", { class: "stars" },
        element("span", { "aria-hidden": "true" }, "★".repeat(full) + "☆".repeat(5 - full)),
        element("span", { class: "read" }, say(words.stars, number(stars, 1))));
    }

    function bar(stars, rating) {
      const count = rating.stars[stars - 1];
      return element("li", {}, element("button", {
        type: "button", "data-stars": stars, "aria-pressed": String(state.stars === stars),
        "aria-label": say(words.only, stars, number(count)),
        onclick: () => { change({ stars: state.stars === stars ? 0 : stars }); },
      }, `${stars} ★`, element("progress", { max: rating.ratings || 1, value: count, "aria-hidden": "true" }), number(count)));
    }

    function summary(rating) {
      const focused = root.activeElement && root.activeElement.dataset.stars;
      const bars = element("ul", { class: "bars" }, ...[5, 4, 3, 2, 1].map((stars) => bar(stars, rating)));
      const overall = rating.mean == null ? null : element("div", {},
        element("p", { class: "mean" }, say(words.mean, number(rating.mean, 1))), glyphs(rating.mean),
        element("p", {}, plural(words.count, rating.reviews)));
      head.replaceChildren(...[overall, rating.ratings ? bars : null].filter(Boolean));
      if (focused) bars.querySelector(`[data-stars="${focused}"]`).focus();
      tools.hidden = !rating.reviews;
    }

    // Our own pictures are shown; those at their source are links, since this page asks no other host.
    function photos(review) {
      const own = review.photos.map((photo, n) => [photo.url, element("img",
        { src: photo.small_url, alt: say(words.photo, n + 1), loading: "lazy", height: 80 })]);
      const others = review.photo_urls.map((url, n) => [url, say(words.photo, own.length + n + 1)]);
      const all = [...own, ...others];
      if (!all.length) return null;
      return element("ul", { class: "photos" }, ...all.map(([href, shown]) =>
        element("li", {}, element("a", { href, rel: "ugc nofollow noopener", target: "_blank" }, shown))));
    }

    function vote(review) {
      const told = element("span", {}, review.helpful ? plural(words.found, review.helpful) : "");
      const button = element("button", { type: "button", onclick: async () => {
        button.setAttribute("aria-disabled", "true");
        const path = `/public/${encodeURIComponent(shop)}/reviews/${review.id}/helpful`;
        const answer = await fetch(origin + path, { method: "POST", credentials: "omit" }).catch(() => null);
        if (answer && answer.ok) {
          told.textContent = plural(words.found, (await answer.json()).helpful);
          status.textContent = words.thanks;
        } else {
          button.removeAttribute("aria-disabled");
        }
      } }, words.vote);
      return element("div", { class: "vote" }, button, told);
    }

    function item(review, name) {
      const tags = [];
      if (review.verified_by) tags.push(element("li", {}, words.isVerified));
      if (review.incentivised) tags.push(element("li", {}, words.isIncentivised));
      if (review.insider) tags.push(element("li", {}, words.insider));
      return element("li", { class: "review", tabindex: "-1" },
        review.stars ? glyphs(review.rating) : element("span", {}, words.noStars),
        review.title ? element("h3", { lang: review.language || null, dir: "auto" }, review.title) : null,
        element("p", { class: "meta" }, element("bdi", {}, review.author || words.anonymous),
          element("time", { datetime: review.written_at }, day(review.written_at)),
          review.edited ? element("span", {}, words.edited) : null),
        tags.length ? element("ul", { class: "tags" }, ...tags) : null,
        review.body ? element("p", { class: "body", lang: review.language || null, dir: "auto" }, review.body) : null,
        photos(review),
        review.reply ? element("blockquote", {}, element("b", {}, say(words.reply, name)), element("br"),
          element("span", { dir: "auto" }, review.reply)) : null,
        vote(review));
    }

    function query() {
      const asked = new URLSearchParams({ product, sort: state.sort, limit: PAGE, locale: lang });
      if (state.stars) asked.set("stars", state.stars);
      if (state.verified) asked.set("verified", "true");
      if (state.photos) asked.set("photos", "true");
      if (state.language) asked.set("language", lang.slice(0, 2));
      if (state.after) asked.set("after", state.after);
      return `${origin}/public/${encodeURIComponent(shop)}/reviews?${asked}`;
    }

    async function load(further) {
      if (!further) state.after = "";
      const turn = ++state.turn;
      status.textContent = words.loading;
      let page;
      try {
        const answer = await fetch(query(), { credentials: "omit" });
        if (!answer.ok) throw new Error(String(answer.status));
        page = await answer.json();
      } catch {
        if (turn === state.turn) {
          status.replaceChildren(words.failed, " ",
            element("button", { type: "button", onclick: () => load(further) }, words.again));
        }
        return;
      }
      // A later choice has been made meanwhile.
      if (turn !== state.turn) return;
      state.after = page.next_after || "";
      summary(page.rating);
      const items = page.reviews.map((review) => item(review, page.shop));
      if (further) list.append(...items);
      else list.replaceChildren(...items);
      const shown = list.children.length;
      status.textContent = shown ? say(words.shown, number(shown)) : page.rating.reviews ? words.nothing : words.none;
      more.hidden = !state.after;
      policy.hidden = false;
      policy.href = page.verification.url;
      if (further && items.length) items[0].focus();
    }

    load(false);
  }

  function start() {
    const { shop, product = "", target, lang } = script.dataset;
    const host = target ? document.querySelector(target) : document.createElement("div");
    if (!shop || !host) return console.error("reviews.js needs data-shop, and the place that data-target names");
    if (!target) script.after(host);
    mount(host, shop, product, language(lang));
  }

  if (script.dataset.target && document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
