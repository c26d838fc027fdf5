"use strict";
// Filters, sorts and searches what is on the page already. Nothing is loaded, nothing leaves the page.
(() => {
  const MOST_NAMES = 1000;
  const PAUSE = 60;
  const form = document.querySelector(".tools");
  const search = document.getElementById("search");
  const verdict = document.getElementById("verdict");
  const cause = document.getElementById("cause");
  const found = document.getElementById("found");
  const body = document.querySelector(".hosts tbody");
  const number = new Intl.NumberFormat("en");

  const rows = body ? Array.from(body.rows, (row, place) => ({
    row, place,
    verdict: row.dataset.verdict,
    causes: (row.dataset.causes || "").split(" "),
    host: row.querySelector("th").firstChild.data,
    text: null,
    shown: true,
  })) : [];
  const groups = Array.from(document.querySelectorAll(".group"), (details) => ({
    details,
    verdict: details.dataset.verdict,
    blocks: Array.from(details.querySelectorAll(".names")),
    names: null,
    count: details.querySelector(".count"),
    whole: details.querySelector(".count").textContent,
    matches: null,
  }));

  function textOf(entry) {
    if (entry.text === null) entry.text = entry.row.textContent.toLowerCase();
    return entry.text;
  }

  function showRow(entry, wanted) {
    const shown = (!wanted.verdict || entry.verdict === wanted.verdict)
      && (!wanted.cause || entry.causes.includes(wanted.cause))
      && (!wanted.text || textOf(entry).includes(wanted.text));
    if (shown !== entry.shown) {
      entry.row.hidden = !shown;
      entry.shown = shown;
    }
    return shown;
  }

  function namesOf(group) {
    if (group.names === null) {
      group.names = group.blocks.flatMap((block) => block.textContent.split("\n"));
      group.lower = group.names.map((name) => name.toLowerCase());
    }
    return group.names;
  }

  // Of a search, the matching names alone stand there, in a block of their own; without one, all of them do again.
  function showGroup(group, wanted) {
    const names = namesOf(group);
    const possible = !wanted.cause && (!wanted.verdict || group.verdict === wanted.verdict);
    const matching = !possible ? [] : wanted.text ? names.filter((name, place) => group.lower[place].includes(wanted.text)) : names;
    const all = matching.length === names.length;
    group.details.hidden = matching.length === 0;
    group.count.textContent = all ? group.whole : number.format(matching.length);
    for (const block of group.blocks) block.hidden = !all;
    if (group.matches) group.matches.remove();
    group.matches = null;
    if (!all && matching.length) {
      group.matches = document.createElement("p");
      group.matches.className = "names";
      const more = matching.length - MOST_NAMES;
      group.matches.textContent = matching.slice(0, MOST_NAMES).join("\n") + (more > 0 ? `\nand ${number.format(more)} more` : "");
      group.details.append(group.matches);
    }
    return matching.length;
  }

  function apply() {
    const wanted = {
      text: search.value.trim().toLowerCase(),
      verdict: verdict.value,
      cause: cause ? cause.value : "",
    };
    let shown = 0;
    for (const entry of rows) shown += showRow(entry, wanted) ? 1 : 0;
    for (const group of groups) shown += showGroup(group, wanted);
    const all = !wanted.text && !wanted.verdict && !wanted.cause;
    found.textContent = shown === 1 ? "1 host" : `${number.format(shown)} hosts`;
    if (!all) found.textContent += shown ? " match" + (shown === 1 ? "es" : "") : " match: clear the search to see all";
  }

  function sort(header) {
    const wasAscending = header.getAttribute("aria-sort") === "ascending";
    for (const other of document.querySelectorAll("[data-sort]")) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", wasAscending ? "descending" : "ascending");
    const byPlace = (one, other) => one.place - other.place;
    const byHost = (one, other) => (one.host < other.host ? -1 : one.host > other.host ? 1 : byPlace(one, other));
    rows.sort(header.dataset.sort === "host" ? byHost : byPlace);
    if (wasAscending) rows.reverse();
    body.append(...rows.map((entry) => entry.row));
  }

  let waiting;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(apply, PAUSE);
  });
  form.addEventListener("change", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply));
  for (const header of document.querySelectorAll("[data-sort]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = header.textContent;
    button.addEventListener("click", () => sort(header));
    header.replaceChildren(button);
  }
  for (const button of document.querySelectorAll("[data-cause]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      form.reset();
      cause.value = button.dataset.cause;
      setTimeout(() => {
        apply();
        document.getElementById("hosts").scrollIntoView();
        document.getElementById("hosts").focus({preventScroll: true});
      });
    });
  }
  form.hidden = false;
  apply();
})();
