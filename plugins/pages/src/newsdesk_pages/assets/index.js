"use strict";
// The table of machines, whose rows are in the scripts that index/shards.js names.
(() => {
  const { byId, element, text } = newsdesk;
  const PAGE = 100;
  const rows = [];
  const state = { query: "", project: "", metric: "", sort: "score", descending: false, page: 0 };
  const chosen = new Map();
  const metrics = new Map();
  let shown = [];

  newsdesk.shards = (names) => newsdesk.load(names.map((name) => `index/${name}.js`), start);
  newsdesk.rows = (some) => rows.push(...some);

  const score = (row, metric) => row.scores.find((each) => each[0] === metric);
  const value = (row, metric) => score(row, metric)?.[1];
  const change = (row) => {
    const [, now, before] = score(row, state.metric) ?? [];
    return typeof now === "number" && typeof before === "number" ? now - before : null;
  };
  const better = () => metrics.get(state.metric)?.better;

  // What is missing comes last, whichever way is sorted; a score that is not a number is the worst.
  const keys = {
    score: (row) => { const found = value(row, state.metric); return typeof found === "string" ? (better() < 0 ? Infinity : -Infinity) : found ?? null; },
    change,
    name: (row) => row.name.toLowerCase(),
    project: (row) => row.project.toLowerCase(),
    training: (row) => row.seconds,
    built: (row) => row.time,
  };

  function start() {
    for (const row of rows) {
      row.time = Date.parse(row.created);
      row.name = text(row.name);
      row.project = text(row.project);
      row.haystack = `${row.name} ${row.project}`.toLowerCase();
      for (const [name, mean, , direction] of row.scores) {
        if (!metrics.has(name)) metrics.set(name, { better: direction, machines: 0, numbers: [] });
        const known = metrics.get(name);
        known.machines += 1;
        if (typeof mean === "number") known.numbers.push(mean);
      }
    }
    const rank = (name) => (/^r2/.test(name) ? 0 : /variance/.test(name) ? 1 : 2);
    const sorted = [...metrics].sort(([a, x], [b, y]) => y.machines - x.machines || rank(a) - rank(b) || (a < b ? -1 : 1));
    metrics.clear();
    for (const [name, { better, numbers }] of sorted) {
      numbers.sort((a, b) => a - b);
      const rest = Math.floor(0.02 * numbers.length);  // outliers, which would flatten all other bars
      metrics.set(name, { better, low: Math.min(0, numbers[rest] ?? 0), high: Math.max(0, numbers.at(-1 - rest) ?? 0) });
    }
    const projects = [...new Set(rows.map((row) => row.project))].sort();
    byId("project").append(...projects.map((name) => element("option", { value: `=${name}` }, name || "(none)")));
    byId("metric").append(...[...metrics.keys()].map((name) => element("option", { value: name }, text(name))));
    restore();
    byId("query").addEventListener("input", (event) => { state.query = event.target.value; update(); });
    byId("project").addEventListener("change", (event) => { state.project = event.target.value; update(); });
    byId("metric").addEventListener("change", (event) => { state.metric = event.target.value; worstFirst(); update(); });
    byId("controls").addEventListener("submit", (event) => event.preventDefault());
    byId("previous").addEventListener("click", () => { state.page -= 1; draw(); });
    byId("next").addEventListener("click", () => { state.page += 1; draw(); });
    update(state.page);
  }

  function worstFirst() {
    state.sort = "score";
    state.descending = better() < 0;
  }

  // The address keeps what was chosen.
  function restore() {
    const kept = new URLSearchParams(location.hash.slice(1));
    state.metric = metrics.has(kept.get("metric")) ? kept.get("metric") : [...metrics.keys()][0] ?? "";
    worstFirst();
    state.query = kept.get("query") ?? "";
    state.project = kept.get("project") ?? "";
    if (Object.hasOwn(keys, kept.get("sort") ?? "")) { state.sort = kept.get("sort"); state.descending = kept.get("descending") === "true"; }
    state.page = Number(kept.get("page")) || 0;
    byId("query").value = state.query;
    byId("project").value = state.project;
    if (byId("project").selectedIndex < 0) byId("project").value = state.project = "";
    byId("metric").value = state.metric;
  }

  function update(page = 0) {
    const words = state.query.toLowerCase().split(/\s+/).filter(Boolean);
    const key = keys[state.sort];
    const sign = state.descending ? -1 : 1;
    shown = rows
      .filter((row) => (!state.project || `=${row.project}` === state.project) && words.every((word) => row.haystack.includes(word)))
      .map((row) => [key(row), row])
      .sort(([a, x], [b, y]) => (a === null) - (b === null) || (a < b ? -sign : a > b ? sign : 0) || (x.name < y.name ? -1 : x.name > y.name ? 1 : 0))
      .map(([, row]) => row);
    state.page = page;
    draw();
  }

  function header(label, sort, className) {
    const current = state.sort === sort;
    const button = element("button", { type: "button" }, label);
    button.addEventListener("click", () => {
      state.descending = current ? !state.descending : sort === "score" ? better() < 0 : sort === "built" || sort === "training";
      state.sort = sort;
      update();
      byId("machines").querySelector("th[aria-sort] button").focus();
    });
    const cell = element("th", { scope: "col", class: className }, button);
    if (current) cell.setAttribute("aria-sort", state.descending ? "descending" : "ascending");
    return cell;
  }

  function bar(number, { low, high }) {
    const drawn = (name, attributes) => {
      const made = document.createElementNS("http://www.w3.org/2000/svg", name);
      for (const [key, each] of Object.entries(attributes)) made.setAttribute(key, each);
      return made;
    };
    const drawing = drawn("svg", { viewBox: "0 0 60 4", class: "bar", "aria-hidden": "true" });
    if (typeof number !== "number") return drawing;
    const at = (x) => 60 * (Math.min(Math.max(x, low), high) - low) / (high - low || 1);
    const [left, right] = [at(0), at(number)].sort((a, b) => a - b);
    drawing.append(drawn("rect", { x: left, y: 0, width: Math.max(right - left, 0.5), height: 4, class: number < 0 ? "below" : "" }));
    return drawing;
  }

  const scored = (row, metric, className) =>
    element("td", { class: `number ${className}` }, newsdesk.number(value(row, metric), 3), bar(value(row, metric), metrics.get(metric)));

  const changed = (row) =>
    element("td", { class: "number" }, change(row) === null ? "–" : newsdesk.change(change(row), better(), 2, "unseen"));

  function line(row, others) {
    const pick = element("input", { type: "checkbox", "aria-label": `Compare ${row.name}` });
    pick.checked = chosen.has(row.slug);
    pick.addEventListener("change", () => {
      if (pick.checked) chosen.set(row.slug, row.revision); else chosen.delete(row.slug);
      link();
    });
    return element("tr", {},
      element("td", { class: "pick" }, pick),
      element("th", { scope: "row" }, element("a", { href: `machines/${row.slug}.html` }, element("bdi", {}, row.name)), element("small", { class: "narrow" }, row.project)),
      element("td", { class: "wide" }, element("bdi", {}, row.project)),
      ...(state.metric ? [scored(row, state.metric, ""), changed(row)] : []),
      ...others.map((metric) => scored(row, metric, "wide")),
      element("td", { class: "number wide" }, row.seconds === null ? "–" : `${newsdesk.number(row.seconds, 3)} s`),
      element("td", {}, element("time", { datetime: row.created, title: row.created }, newsdesk.age(row.time, "narrow"))));
  }

  function link() {
    const compare = byId("compare");
    const [a, b] = [...chosen].map(([slug, revision]) => `${slug}/${revision}`);
    const ready = chosen.size === 2;
    compare.setAttribute("aria-disabled", String(!ready));
    compare.textContent = ready ? "Compare the two" : `Compare two (${chosen.size} chosen)`;
    if (ready) compare.setAttribute("href", `compare.html?${new URLSearchParams({ a, b })}`); else compare.removeAttribute("href");
  }

  function draw() {
    const last = Math.max(0, Math.ceil(shown.length / PAGE) - 1);
    state.page = Math.min(Math.max(state.page, 0), last);
    const from = state.page * PAGE;
    const some = shown.slice(from, from + PAGE);
    const others = [...metrics.keys()].filter((name) => name !== state.metric).slice(0, 3);
    const short = (name) => text(name.length > 24 ? `${name.slice(0, 23)}…` : name);
    byId("machines").tHead.replaceChildren(element("tr", {},
      element("td", { class: "pick" }, element("span", { class: "unseen" }, "Compare")),
      header("Machine", "name", ""),
      header("Project", "project", "wide"),
      ...(state.metric ? [header(short(state.metric), "score", "number"), header("Change", "change", "number")] : []),
      ...others.map((name) => element("th", { scope: "col", class: "number wide" }, short(name))),
      header("Training", "training", "number wide"),
      header("Built", "built", "")));
    byId("machines").tBodies[0].replaceChildren(...some.map((row) => line(row, others)));
    const count = (number) => number.toLocaleString("en");
    byId("status").textContent = rows.length === shown.length ? `${count(rows.length)} machines` : `${count(shown.length)} of ${count(rows.length)} machines`;
    byId("range").textContent = shown.length ? `${count(from + 1)} to ${count(from + some.length)} of ${count(shown.length)}` : "none";
    byId("previous").disabled = state.page === 0;
    byId("next").disabled = state.page === last;
    byId("pager").hidden = last === 0;
    history.replaceState(null, "", `#${new URLSearchParams(Object.entries(state).filter(([, each]) => each !== "" && each !== 0))}`);
  }
})();
