"use strict";
(function () {
  const form = document.getElementById("filters");
  const body = document.querySelector("#clips tbody");
  const rows = Array.from(body.rows);
  const shown = document.getElementById("shown");
  form.hidden = false;
  function filter() {
    const want = new FormData(form);
    const text = want.get("text").trim().toLowerCase();
    const people = want.get("people") === "" ? -2 : Number(want.get("people"));
    let count = 0;
    for (const row of rows) {
      const d = row.dataset;
      const keep = (!text || d.text.includes(text)) &&
        (!want.get("label") || d.labels.split(" ").includes(want.get("label"))) &&
        Number(d.people) >= people &&
        (!want.get("place") || d.place === want.get("place")) &&
        (!want.get("hours") || d.hours === want.get("hours")) &&
        (!want.get("status") || d.status === want.get("status")) &&
        (!want.get("best") || d.best === "1");
      row.hidden = !keep;
      count += keep;
    }
    shown.textContent = count + " / " + rows.length;
  }
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  const heads = Array.from(document.querySelectorAll("th[data-sort]"));
  for (const head of heads) {
    head.querySelector("button").addEventListener("click", () => {
      const number = "number" in head.dataset;
      const up = head.getAttribute("aria-sort") !== "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const key = (row) => row.dataset[head.dataset.sort];
      const order = (a, b) => number ? Number(key(a)) - Number(key(b)) : key(a).localeCompare(key(b), undefined, { numeric: true });
      rows.sort((a, b) => {
        const empty = (key(a) === "") - (key(b) === "");
        return empty || (up ? order(a, b) : order(b, a));
      });
      body.append(...rows);
    });
  }
  filter();
})();
