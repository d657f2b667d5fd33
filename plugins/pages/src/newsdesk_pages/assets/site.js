"use strict";
// What the pages share. The data of index and comparison are scripts that call functions of this object, since a
// page that was opened from disk may not fetch files.
const newsdesk = {
  byId: (id) => document.getElementById(id),

  element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  },

  load(paths, done) {
    let waiting = paths.length;
    if (!waiting) done();
    for (const src of paths) {
      const script = this.element("script", { src });
      script.onload = script.onerror = () => { if (--waiting === 0) done(); };
      document.head.append(script);
    }
  },

  // A text of a record, with what is invisible or no character escaped.
  text: (string) =>
    string.replace(/[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff]/gu,
      (char) => `\\u${char.codePointAt(0).toString(16).padStart(4, "0")}`),

  number(value, digits) {
    if (value === null || value === undefined) return "–";
    if (typeof value === "string") return { Infinity: "∞", "-Infinity": "−∞" }[value] ?? "NaN";
    const size = Math.abs(value);
    return size !== 0 && (size < 1e-4 || size >= 1e6) ? value.toExponential(2) : String(Number(value.toPrecision(digits)));
  },

  // By how much a score changed, and whether that is better, in a word that may be for screen readers alone.
  change(by, direction, digits, wordClass) {
    const verdict = by * direction > 0 ? "better" : by * direction < 0 ? "worse" : "";
    const size = `${by > 0 ? "▲" : by < 0 ? "▼" : "="} ${this.number(Math.abs(by), digits)} `;
    return this.element("span", { class: `change ${verdict}` }, size, this.element("span", { class: wordClass }, verdict));
  },

  age(time, style) {
    const days = (Date.now() - time) / 86400000;
    const [size, unit] = days < 1 ? [days * 24, "hour"] : days < 60 ? [days, "day"] : days < 700 ? [days / 30.4, "month"] : [days / 365, "year"];
    return new Intl.RelativeTimeFormat("en", { style, numeric: "auto" }).format(-Math.floor(size), unit);
  },
};

// The age of a build, which a page from a month ago does not know.
for (const place of document.querySelectorAll(".age")) {
  place.textContent = ` (${newsdesk.age(Date.parse(place.parentElement.querySelector("time").dateTime), "long")})`;
}
