"use strict";
// Compares two revisions, of one machine or of two: what ?a=slug/revision&b=slug/revision names.
(() => {
  const found = new Map();
  const byId = (id) => document.getElementById(id);
  const asked = new URLSearchParams(location.search);
  const sides = [asked.get("a") ?? "", asked.get("b") ?? ""];

  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };
  const escaped = (string) =>
    string.replace(/[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff]/gu,
      (char) => `\\u${char.codePointAt(0).toString(16).padStart(4, "0")}`);
  const rounded = (number) => String(Number(number.toPrecision(4)));

  window.newsdesk = { facts(id, key, facts) { found.set(id, { key, facts }); } };

  function start() {
    const missing = sides.filter((id) => !found.has(id));
    if (missing.length) {
      byId("status").textContent = missing[0]
        ? `The site does not have ${escaped(missing[0])}.`
        : "Choose two machines in the list, or a revision on a machine's page.";
      return;
    }
    byId("status").textContent = "";
    byId("equal").addEventListener("change", draw);
    draw();
  }

  function difference(a, b) {
    if (a?.[3] === null || b?.[3] === null || a === undefined || b === undefined) return element("td", { class: "number" }, "");
    const by = b[3] - a[3];
    const good = by * b[4];
    const verdict = good > 0 ? "better" : good < 0 ? "worse" : "";
    return element("td", { class: "number" }, element("span", { class: `change ${verdict}` },
      by === 0 ? "=" : `${by > 0 ? "▲" : "▼"} ${rounded(Math.abs(by))}${verdict && ` ${verdict}`}`));
  }

  function draw() {
    const [left, right] = sides.map((id) => found.get(id));
    const names = [left, right].map(({ key: [project, name] }, index) => {
      const [slug, revision] = sides[index].split("/");
      return element("a", { href: `machines/${slug}.html` }, element("bdi", {}, escaped(name)), element("small", {}, escaped(project), " ", revision.slice(0, 12)));
    });
    const sections = new Map();
    for (const [side, { facts }] of [left, right].entries()) {
      for (const fact of facts) {
        if (!sections.has(fact[0])) sections.set(fact[0], new Map());
        const labels = sections.get(fact[0]);
        if (!labels.has(fact[1])) labels.set(fact[1], []);
        labels.get(fact[1])[side] = fact;
      }
    }
    const all = byId("equal").checked;
    const tables = [];
    for (const [section, labels] of sections) {
      const lines = [...labels].filter(([, [a, b]]) => all || a?.[2] !== b?.[2] || a?.[3] !== b?.[3]);
      const equal = labels.size - lines.length;
      const note = equal ? `, ${equal} equal` : "";
      tables.push(element("section", {}, element("h2", {}, section), element("p", { class: "note" }, `${lines.length} of ${labels.size} shown${note}`)));
      if (!lines.length) continue;
      tables.at(-1).append(element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": section }, element("table", {},
        element("caption", { class: "unseen" }, section),
        element("thead", {}, element("tr", {}, element("th", { scope: "col" }, ""), ...names.map((name) => element("th", { scope: "col" }, name.cloneNode(true))), element("th", { scope: "col", class: "number" }, "Difference"))),
        element("tbody", {}, ...lines.map(([label, [a, b]]) => element("tr", {},
          element("th", { scope: "row" }, escaped(label)),
          element("td", {}, escaped(a?.[2] ?? "–")),
          element("td", {}, escaped(b?.[2] ?? "–")),
          difference(a, b)))))));
    }
    byId("comparison").replaceChildren(...tables);
  }

  let waiting = sides.length;
  for (const id of sides) {
    const done = () => { if (--waiting === 0) start(); };
    // Nothing but a record of this site.
    if (!/^[A-Za-z0-9_][A-Za-z0-9._~-]*\/[0-9a-f]{64}$/.test(id)) { done(); continue; }
    const script = element("script", { src: `records/${id}.js` });
    script.onload = script.onerror = done;
    document.head.append(script);
  }
})();
