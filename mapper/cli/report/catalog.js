"use strict";
(() => {
  const one = (id) => document.getElementById(id);
  const form = one("search"), query = one("query"), team = one("team");
  const choices = ["personal", "unprotected", "plaintext"].map(one);
  const mappings = [...document.querySelectorAll(".mapping")];
  const rows = [...document.querySelectorAll("#personal-data tbody tr, .mapping tbody tr")].map((row) => ({
    row, mapping: row.closest(".mapping"), text: "", teams: JSON.parse(row.dataset.team),
    fits: (row.dataset.fits || "").split(" "),
  }));
  for (const each of rows) {
    const around = each.mapping ? each.mapping.querySelector("summary").textContent : "";
    each.text = `${each.row.textContent} ${around}`.toLowerCase();
  }
  const of = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  const show = () => {
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = team ? team.value : "", asked = choices.filter((each) => each.checked).map((each) => each.id);
    const asks = Boolean(words.length || asked.length);
    const found = new Map();
    let count = 0;
    for (const { row, mapping, text, teams, fits: filters } of rows) {
      const fits = (!chosen || teams.includes(chosen)) && asked.every((name) => filters.includes(name))
        && words.every((word) => text.includes(word));
      row.classList.toggle("gone", !fits);
      if (fits && mapping) { found.set(mapping, true); count += 1; }
    }
    for (const mapping of mappings) {
      mapping.classList.toggle("gone", !found.has(mapping));
      if (asks !== (mapping.dataset.asked === "yes") && found.size <= 12) mapping.open = asks;
      mapping.dataset.asked = asks ? "yes" : "";
    }
    const some = asks || chosen;
    one("found").textContent = some ? `${of(count, "rule")} of ${of(found.size, "mapping")}` : "";
  };
  form.addEventListener("input", show);
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const each of closed) each.open = true;
  });
  addEventListener("afterprint", () => { for (const each of closed) each.open = false; });
  show();
})();
