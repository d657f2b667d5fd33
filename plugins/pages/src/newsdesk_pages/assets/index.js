"use strict";
// The table of machines. Its data are scripts, since a page that was opened from disk may not fetch files.
(() => {
  const PAGE = 100;
  const rows = [];
  const byId = (id) => document.getElementById(id);
  const state = { query: "", project: "", metric: "", sort: "score", descending: false, page: 0 };
  const chosen = new Map();
  let metrics = [];
  let shown = [];

  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };

  window.newsdesk = {
    shards(names) {
      if (!names.length) start();
      let waiting = names.length;
      for (const name of names) {
        const script = element("script", { src: `index/${name}.js` });
        script.onload = script.onerror = () => { if (--waiting === 0) start(); };
        document.head.append(script);
      }
    },
    rows(some) { rows.push(...some); },
  };

  const text = (value, digits = 3) => {
    if (value === null || value === undefined) return "–";
    if (typeof value === "string") return { Infinity: "∞", "-Infinity": "−∞", inf: "∞", "-inf": "−∞" }[value] ?? "NaN";
    const size = Math.abs(value);
    return size !== 0 && (size < 1e-4 || size >= 1e6) ? value.toExponential(2) : String(Number(value.toPrecision(digits)));
  };

  const escaped = (string) =>
    string.replace(/[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff]/gu,
      (char) => `\\u${char.codePointAt(0).toString(16).padStart(4, "0")}`);

  const age = (time) => {
    const days = (Date.now() - time) / 86400000;
    const [size, unit] = days < 1 ? [days * 24, "hour"] : days < 60 ? [days, "day"] : days < 700 ? [days / 30.4, "month"] : [days / 365, "year"];
    return new Intl.RelativeTimeFormat("en", { style: "narrow", numeric: "auto" }).format(-Math.floor(size), unit);
  };

  const score = (row, metric) => row.scores.find((each) => each[0] === metric);
  const value = (row, metric) => score(row, metric)?.[1];
  const change = (row) => {
    const [, now, before] = score(row, state.metric) ?? [];
    return typeof now === "number" && typeof before === "number" ? now - before : null;
  };

  // What is missing comes last, whichever way is sorted; a score that is not a number is the worst.
  const keys = {
    score: (row) => { const found = value(row, state.metric); return typeof found === "string" ? (metrics.get(state.metric).better < 0 ? Infinity : -Infinity) : found ?? null; },
    change: (row) => change(row),
    name: (row) => row.name.toLowerCase(),
    project: (row) => row.project.toLowerCase(),
    training: (row) => row.seconds,
    built: (row) => row.time,
  };

  function start() {
    const count = new Map();
    for (const row of rows) {
      row.time = Date.parse(row.created);
      row.name = escaped(row.name);
      row.project = escaped(row.project);
      row.haystack = `${row.name} ${row.project}`.toLowerCase();
      for (const [name, , , better] of row.scores) {
        const known = count.get(name) ?? { better, machines: 0, values: [] };
        known.machines += 1;
        known.values.push(value(row, name));
        count.set(name, known);
      }
    }
    const rank = (name) => (/^r2/.test(name) ? 0 : /variance/.test(name) ? 1 : 2);
    metrics = new Map([...count].sort(([a, x], [b, y]) => y.machines - x.machines || rank(a) - rank(b) || (a < b ? -1 : 1)));
    for (const known of metrics.values()) {
      const numbers = known.values.filter((each) => typeof each === "number").sort((a, b) => a - b);
      const rest = Math.floor(0.02 * numbers.length);  // outliers, which would flatten all other bars
      known.low = Math.min(0, numbers[rest] ?? 0);
      known.high = Math.max(0, numbers.at(-1 - rest) ?? 0);
      delete known.values;
    }
    const projects = [...new Set(rows.map((row) => row.project))].sort();
    byId("project").append(...projects.map((name) => element("option", { value: `=${name}` }, name || "(none)")));
    byId("metric").append(...[...metrics.keys()].map((name) => element("option", { value: name }, escaped(name))));
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
    state.descending = metrics.get(state.metric)?.better < 0;
  }

  function restore() {
    state.metric = [...metrics.keys()][0] ?? "";
    worstFirst();
    const kept = new URLSearchParams(location.hash.slice(1));
    if (metrics.has(kept.get("metric"))) { state.metric = kept.get("metric"); worstFirst(); }
    state.query = kept.get("query") ?? "";
    state.project = kept.get("project") ?? "";
    if (Object.hasOwn(keys, kept.get("sort") ?? "")) { state.sort = kept.get("sort"); state.descending = kept.get("descending") === "true"; }
    state.page = Number(kept.get("page")) || 0;
    byId("query").value = state.query;
    byId("project").value = state.project;
    if (byId("project").selectedIndex < 0) { state.project = ""; byId("project").value = ""; }
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
    const button = element("button", { type: "button" }, label);
    const current = state.sort === sort;
    const cell = element("th", { scope: "col", class: className });
    if (current) cell.setAttribute("aria-sort", state.descending ? "descending" : "ascending");
    button.addEventListener("click", () => {
      state.descending = current ? !state.descending : sort === "score" ? metrics.get(state.metric)?.better < 0 : sort === "built" || sort === "training";
      state.sort = sort;
      update();
      byId("machines").querySelector("th[aria-sort] button").focus();
    });
    cell.append(button);
    return cell;
  }

  function bar(number, { low, high }) {
    const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const scale = (x) => 60 * (Math.min(Math.max(x, low), high) - low) / (high - low || 1);
    drawing.setAttribute("viewBox", "0 0 60 8");
    drawing.setAttribute("class", "bar");
    drawing.setAttribute("aria-hidden", "true");
    if (typeof number === "number") {
      const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      const [left, right] = [scale(0), scale(number)].sort((a, b) => a - b);
      for (const [name, size] of Object.entries({ x: left, y: 0, width: Math.max(right - left, 0.5), height: 8 })) rect.setAttribute(name, size);
      rect.setAttribute("class", number < 0 ? "s1" : "s0");
      drawing.append(rect);
    }
    return drawing;
  }

  const scored = (row, metric, className) =>
    element("td", { class: `number ${className}` }, text(value(row, metric)), " ", bar(value(row, metric), metrics.get(metric)));

  function changed(row) {
    const by = change(row);
    const cell = element("td", { class: "number" });
    if (by === null) return cell.append("–"), cell;
    const good = by * score(row, state.metric)[3];
    const verdict = good > 0 ? "better" : good < 0 ? "worse" : "";
    cell.append(element("span", { class: `change ${verdict}` }, `${by > 0 ? "▲" : by < 0 ? "▼" : "="} ${text(Math.abs(by), 2)}`, element("span", { class: "unseen" }, ` ${verdict}`)));
    return cell;
  }

  function line(row, others) {
    const pick = element("input", { type: "checkbox", "aria-label": `Compare ${row.name}` });
    pick.checked = chosen.has(row.slug);
    pick.addEventListener("change", () => {
      if (pick.checked) chosen.set(row.slug, row.revision); else chosen.delete(row.slug);
      link();
    });
    const link_ = element("a", { href: `machines/${row.slug}.html` }, element("bdi", {}, row.name));
    return element("tr", {},
      element("td", { class: "pick" }, pick),
      element("th", { scope: "row" }, link_, element("small", { class: "narrow" }, row.project)),
      element("td", { class: "wide" }, element("bdi", {}, row.project)),
      ...(state.metric ? [scored(row, state.metric, ""), changed(row)] : []),
      ...others.map((metric) => scored(row, metric, "wide")),
      element("td", { class: "number wide" }, row.seconds === null ? "–" : `${text(row.seconds)} s`),
      element("td", {}, element("time", { datetime: row.created, title: row.created }, age(row.time))));
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
    const short = (name) => escaped(name.length > 24 ? `${name.slice(0, 23)}…` : name);
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
