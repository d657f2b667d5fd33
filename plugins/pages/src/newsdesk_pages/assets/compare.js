"use strict";
// Compares two revisions, of one machine or of two: what ?a=slug/revision&b=slug/revision names.
(() => {
  const { byId, element, text } = newsdesk;
  const asked = new URLSearchParams(location.search);
  const sides = [asked.get("a") ?? "", asked.get("b") ?? ""];
  const found = new Map();

  newsdesk.facts = (id, key, facts) => found.set(id, { key, facts });

  function start() {
    const missing = sides.find((id) => !found.has(id));
    byId("controls").hidden = missing !== undefined;
    byId("status").textContent = missing === undefined ? ""
      : missing ? `The site does not have ${text(missing)}.`
        : "Choose two machines in the list, or a revision on a machine's page.";
    if (missing !== undefined) return;
    byId("equal").addEventListener("change", draw);
    draw();
  }

  function draw() {
    const sections = new Map();
    for (const [side, id] of sides.entries()) {
      for (const [section, label, value, direction] of found.get(id).facts) {
        if (!sections.has(section)) sections.set(section, new Map());
        const lines = sections.get(section);
        if (!lines.has(label)) lines.set(label, { values: [null, null], direction });
        lines.get(label).values[side] = value;
      }
    }
    const all = byId("equal").checked;
    const groups = [...sections].map(([section, lines]) => {
      const some = [...lines].filter(([, { values: [a, b] }]) => all || a !== b);
      const title = element("h2", {}, section, " ", element("small", {}, `${lines.size - some.length} of ${lines.size} are equal`));
      if (all) title.lastChild.remove();
      return element("tbody", {}, element("tr", {}, element("th", { scope: "rowgroup", colspan: 4 }, title)), ...some.map(line));
    });
    byId("comparison").replaceChildren(
      element("caption", { class: "unseen" }, "What differs"),
      element("thead", {}, element("tr", {}, element("td"), ...sides.map(head), element("th", { scope: "col", class: "number" }, "Difference"))),
      ...groups);
  }

  function head(id) {
    const [slug, revision] = id.split("/");
    const [project, name] = found.get(id).key;
    return element("th", { scope: "col" },
      element("a", { href: `machines/${slug}.html` }, element("bdi", {}, text(name))),
      element("small", {}, text(project), " ", revision.slice(0, 12)));
  }

  function line([label, { values, direction }]) {
    const parts = text(label).split(/(?<=[.\]])/).flatMap((part) => [part, element("wbr")]);
    const shown = values.map((value) => typeof value === "number" ? newsdesk.number(value, 4) : text(value ?? "–"));
    const numbers = values.every((value) => typeof value === "number");
    return element("tr", {},
      element("th", { scope: "row" }, ...parts),
      ...shown.map((value) => element("td", {}, value)),
      element("td", { class: "number" }, ...(numbers ? [newsdesk.change(values[1] - values[0], direction, 4, "")] : [])));
  }

  // Nothing but a record of this site.
  const valid = sides.filter((id) => /^[A-Za-z0-9_][A-Za-z0-9._~-]*\/[0-9a-f]{64}$/.test(id));
  newsdesk.load(valid.map((id) => `records/${id}.js`), start);
})();
