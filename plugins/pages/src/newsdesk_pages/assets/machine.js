"use strict";
// The age of the build, which a page from a month ago does not know.
for (const place of document.querySelectorAll(".age")) {
  const days = (Date.now() - Date.parse(place.parentElement.querySelector("time").dateTime)) / 86400000;
  const [size, unit] = days < 1 ? [days * 24, "hour"] : days < 60 ? [days, "day"] : days < 700 ? [days / 30.4, "month"] : [days / 365, "year"];
  place.textContent = ` (${new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(-Math.floor(size), unit)})`;
}
