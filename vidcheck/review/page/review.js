"use strict";
/* The review page. Everything it shows comes from /state; every decision goes to /decisions and comes back as a new
   state. Text is set as text, never as markup. */

const $ = (id) => document.getElementById(id);
const ui = { tab: "people", kind: "all", picked: new Set(), time: 0, seeked: false, picture: null };
let S = null;
let video = null;

function h(tag, props, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props || {})) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name in made && name !== "list") made[name] = value;
    else if (value !== false && value !== null) made.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(3)) if (child !== null && child !== undefined && child !== "") made.append(child);
  return made;
}

function svg(tag, props, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(props || {})) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function say(words, bad) {
  $("say").textContent = words;
  $("say").className = bad ? "bad" : "";
  clearTimeout(say.timer);
  say.timer = setTimeout(() => { $("say").textContent = ""; }, bad ? 9000 : 3500);
}

function w(key, values) {
  let words = S.words[key];
  for (const [name, value] of Object.entries(values || {})) words = words.replace(`{${name}}`, () => value);
  return words;
}

function clock(t) {
  const minutes = Math.floor(t / 60);
  const rest = (t - 60 * minutes).toFixed(2).padStart(5, "0");
  return `${minutes}:${S.lang === "id" ? rest.replace(".", ",") : rest}`;
}

/* ------------------------------------------------------------ talking to the server */

async function call(path, body) {
  let answer;
  try {
    answer = await fetch(path, body === undefined ? {} : {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    });
  } catch {
    throw new Error(S ? w("lost") : "The server does not answer.");
  }
  const said = answer.headers.get("Content-Type")?.startsWith("application/json")
    ? await answer.json() : { error: await answer.text() };
  if (!answer.ok) throw new Error(said.error);
  return said;
}

async function refresh() {
  try {
    S = await call("/state");
    draw();
  } catch (error) {
    say(error.message, true);
  }
}

async function decide(wish) {
  try {
    S = await call("/decisions", { head: S.head, value: "", reason: "", note: "", ...wish });
    say(w("saved", { id: S.decisions[0].id }));
    if (wish.action === "merge") ui.picked.clear();
    draw();
    return true;
  } catch (error) {
    await refresh();  // somebody else may have decided meanwhile
    say(error.message, true);
    return false;
  }
}

async function updateReport(event) {
  event.target.disabled = true;
  say(w("updating"));
  try {
    S = await call("/report", {});
    say(w("report_new"));
  } catch (error) {
    say(error.message, true);
  }
  draw();
}

/* ------------------------------------------------------------ asking before a decision */

function ask(title, fields, wish) {
  const opener = document.activeElement?.dataset?.key;
  const inputs = {};
  const rows = fields.map((field) => {
    const input = field.options
      ? h("select", { id: `ask-${field.name}` }, Object.entries(field.options).map(([value, words]) => h("option", { value }, words)))
      : field.short ? h("input", { id: `ask-${field.name}`, type: "text", maxLength: 4000 })
        : h("textarea", { id: `ask-${field.name}`, maxLength: 4000 });
    if (field.value !== undefined) input.value = field.value;
    input.required = Boolean(field.required);
    inputs[field.name] = input;
    return h("label", { htmlFor: input.id }, field.words, input);
  });
  const form = h("form", {
    method: "dialog",
    onsubmit: async (event) => {
      event.preventDefault();
      const values = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.value]));
      save.disabled = true;
      const done = await decide({ ...wish, ...values });
      save.disabled = false;
      if (done) $("ask").close();
    },
  });
  const save = h("button", { className: "main", type: "submit" }, w("save"));
  form.append(h("h2", {}, title), ...rows,
    h("div", { className: "acts" }, h("button", { type: "button", onclick: () => $("ask").close() }, w("cancel")), save));
  $("ask").replaceChildren(form);
  $("ask").showModal();
  $("ask").onclose = () => focusOn(opener);  // the button that opened it was drawn anew meanwhile
}

const because = () => ({ name: "note", words: w("because_optional") });

/* ------------------------------------------------------------ the stage: clip or pictures, boxes, time line */

function seek(time, picture) {
  ui.time = time;
  ui.seeked = true;
  ui.picture = picture || null;
  if (video) video.currentTime = time;
  else drawStill();
  drawBoxes();
  drawTime();
}

function mediaAddress(path) {
  return "/files/" + path.split("/").map(encodeURIComponent).join("/");
}

function drawStill() {
  const shot = S.shots.find((s) => ui.time >= s.from && ui.time < s.to) || S.shots[0];
  const path = ui.picture || (shot && shot.picture);
  const overlay = svg("svg", { viewBox: `0 0 ${S.width} ${S.height}`, id: "boxes" });
  $("frame").replaceChildren(...(path ? [h("img", { src: mediaAddress(path), alt: "" })] : []), overlay);
}

function drawStage() {
  if (S.clip && !video) {
    video = h("video", { src: "/clip", preload: "auto", playsInline: true, muted: false, tabIndex: 0 });
    video.addEventListener("error", () => {
      video = null;
      S.clip = null;
      say(w("cannot_play"), true);
      drawStage();
    });
    for (const name of ["timeupdate", "seeked", "loadeddata"]) video.addEventListener(name, tick);
    video.addEventListener("click", toggle);
    if (video.requestVideoFrameCallback) {
      const each = () => { tick(); if (video) video.requestVideoFrameCallback(each); };
      video.requestVideoFrameCallback(each);
    }
    $("frame").replaceChildren(video, svg("svg", { viewBox: `0 0 ${S.width} ${S.height}`, id: "boxes" }));
  } else if (!S.clip && !$("boxes")) {
    drawStill();
  }
  const step = (frames) => () => seek(Math.max(0, ui.time + frames * S.frame));
  $("controls").replaceChildren(
    ...(video ? [
      h("button", { onclick: toggle, "data-key": "play" }, "▶ ❚❚ ", h("span", { className: "small" }, w("play"))),
      h("button", { onclick: step(-1), title: w("back"), "aria-label": w("back"), "data-key": "back" }, "◀ 1"),
      h("button", { onclick: step(1), title: w("on"), "aria-label": w("on"), "data-key": "on" }, "1 ▶"),
    ] : []),
    h("span", { className: "time", id: "time" }, ""),
    h("button", { id: "noteframe", "data-key": "noteframe", onclick: () => ask(w("note_frame", { t: clock(ui.time) }),
      [{ name: "note", words: w("because"), required: true }], { action: "note", kind: "frame", ids: [], at_s: Math.min(ui.time, S.duration) }) }, ""),
    h("p", { className: "hint" }, video ? w("keys") : w("no_clip")),
  );
  drawTime();
}

function toggle() {
  if (!video) return;
  if (video.paused) video.play(); else video.pause();
}

function tick() {
  if (!video) return;
  ui.time = video.currentTime;
  ui.seeked = true;
  drawBoxes();
  drawTime();
}

function boxAt(figure, time) {
  const boxes = figure.boxes;
  let low = 0;
  let high = boxes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (boxes[middle][0] <= time + S.frame / 2) low = middle + 1; else high = middle;
  }
  const found = boxes[low - 1];
  return found && time - found[0] <= 0.25 ? found : null;
}

function drawBoxes() {
  const layer = $("boxes");
  if (!layer) return;
  layer.replaceChildren();
  if (!video && ui.picture) return;  // a cut-out, not the frame
  let time = ui.time;
  if (!video) {
    const shot = S.shots.find((s) => time >= s.from && time < s.to) || S.shots[0];
    if (!shot) return;
    time = shot.best;
  }
  const line = Math.max(S.width, S.height) / 400;
  const size = Math.max(S.width, S.height) / 45;
  for (const figure of S.figures) {
    const box = boxAt(figure, time);
    if (!box) continue;
    const [, x1, y1, x2, y2] = box;
    const at = { x: x1, y: y1, width: x2 - x1, height: y2 - y1, fill: "none" };
    layer.append(svg("rect", { ...at, stroke: "#000", "stroke-width": line * 2 }), svg("rect", { ...at, stroke: "#fff", "stroke-width": line }));
    const label = svg("text", { x: x1 + line * 2, y: y1 + size, "font-size": size, fill: "#fff", stroke: "#000", "stroke-width": size / 6, "paint-order": "stroke" });
    label.textContent = figure.id;
    layer.append(label);
  }
  for (const finding of S.findings) {
    if (!finding.box || finding.from === null || time < finding.from - 0.05 || time > finding.to + 0.05) continue;
    const [x1, y1, x2, y2] = finding.box;
    layer.append(svg("rect", { x: x1, y: y1, width: x2 - x1, height: y2 - y1, fill: "none", stroke: "#ffd34d", "stroke-width": line, "stroke-dasharray": `${line * 3} ${line * 2}` }));
  }
}

function drawTime() {
  if (!$("time")) return;
  $("time").textContent = `${clock(ui.time)} / ${clock(S.duration)}`;
  $("noteframe").textContent = w("note_frame", { t: clock(ui.time) });
  const head = $("playhead");
  if (head) head.setAttribute("transform", `translate(${lane.left + (lane.width - lane.left) * Math.min(1, ui.time / (S.duration || 1))} 0)`);
  for (const button of document.querySelectorAll("button[data-split]")) {
    const inside = ui.time > Number(button.dataset.from) && ui.time <= Number(button.dataset.to);
    button.disabled = !inside;
    button.textContent = w("split", { t: clock(ui.time) });
    button.title = w("split_hint");
  }
  for (const card of document.querySelectorAll(".card[data-figure]")) {
    const figure = S.figures.find((f) => f.id === card.dataset.figure);
    card.classList.toggle("now", Boolean(figure && boxAt(figure, ui.time)));
  }
}

const lane = { left: 70, width: 1000, height: 20 };

function drawTimeline() {
  if (S.kind === "image" || !S.figures.length || !S.duration) { $("timeline").replaceChildren(); return; }
  const x = (t) => lane.left + (lane.width - lane.left) * Math.min(1, t / S.duration);
  const height = lane.height * S.figures.length + 4;
  const chart = svg("svg", { viewBox: `0 0 ${lane.width} ${height}`, role: "img", "aria-label": w("timeline") });
  for (const shot of S.shots) chart.append(svg("line", { x1: x(shot.from), x2: x(shot.from), y1: 0, y2: height, stroke: "#d5dbe1" }));
  S.figures.forEach((figure, row) => {
    const y = 2 + row * lane.height;
    const name = svg("text", { x: 4, y: y + 14, "font-size": 13, fill: "#1d2733" });
    name.textContent = figure.id.length > 9 ? `${figure.id.slice(0, 8)}…` : figure.id;
    chart.append(name);
    for (const track of figure.tracks) {
      chart.append(svg("rect", { x: x(track.from), y: y + 3, width: Math.max(3, x(track.to) - x(track.from)), height: lane.height - 6, fill: figure.origins > 1 ? "#7a5200" : "#3f6d97" }));
    }
  });
  chart.append(svg("line", { id: "playhead", x1: 0, x2: 0, y1: 0, y2: height, stroke: "#9c2a12", "stroke-width": 2 }));
  chart.addEventListener("click", (event) => {
    const place = chart.getBoundingClientRect();
    const at = ((event.clientX - place.left) / place.width) * lane.width;
    if (at >= lane.left) seek(((at - lane.left) / (lane.width - lane.left)) * S.duration);
  });
  $("timeline").replaceChildren(chart);
}

/* ------------------------------------------------------------ panels */

function at(time, words) {
  return h("button", { className: "link", onclick: () => seek(time), title: w("seek", { t: clock(time) }), "data-seek": time }, words || clock(time));
}

function pictures(list) {
  return list.length ? h("div", { className: "strip" }, list.map((p) => h("button", {
    onclick: () => seek(p.at, p.src), title: w("seek", { t: clock(p.at) }), "data-seek": p.at,
  }, h("img", { src: mediaAddress(p.src), alt: p.frame, loading: "lazy" })))) : null;
}

const lines = (item) => item.lines.map((line) => h("p", { className: "judged" }, line));

function act(words, key, onclick, more) {
  return h("button", { onclick, "data-key": key, ...more }, words);
}

function countTable() {
  const text = (c) => c ? c.join(" / ") : "–";
  return h("table", {},
    h("thead", {}, h("tr", {}, h("th", {}, w("count")), h("th", {}, w("machine")), h("th", {}, w("human")))),
    h("tbody", {}, S.counts.map((row) => h("tr", {}, h("td", {}, row.label), h("td", { className: "n" }, text(row.machine)),
      h("td", { className: text(row.machine) === text(row.human) ? "n" : "n changed" }, text(row.human),
        row.at !== null ? [" ", at(row.at)] : "")))));
}

function personCard(figure, out) {
  const person = (action) => ({ action, kind: "person", ids: [figure.id] });
  const clothing = (action) => ({ action, kind: "clothing", ids: [figure.id] });
  const key = (name) => `${name}-${figure.id}`;
  const labels = [...new Set(figure.findings.map((f) => f.label))];
  const from = figure.tracks[0].from;
  const to = Math.max(...figure.tracks.map((t) => t.to));
  const picked = h("input", {
    type: "checkbox", checked: ui.picked.has(figure.id), "data-key": key("pick"),
    onchange: (event) => { if (event.target.checked) ui.picked.add(figure.id); else ui.picked.delete(figure.id); drawMerge(); },
  });
  const worn = figure.label === null ? h("p", { className: "small muted" }, w("not_looked_at")) : h("p", {}, h("strong", {}, figure.label_words), " ",
    h("span", { className: "small muted" }, figure.label_by === "examiner" ? w("by_examiner") : figure.label_by === "none" ? w("parts_differ") : ""));
  return h("article", { className: out ? "card out" : "card", "data-figure": figure.id, id: `figure-${figure.id}` },
    h("div", { className: "top" }, h("h3", {}, h("code", {}, figure.id)), out ? "" : h("label", {}, picked, w("select"))),
    pictures(figure.pictures),
    h("p", { className: "small" }, `${w("seen")}: `, figure.tracks.map((t, n) => [n ? ", " : "", at(t.from), "–", at(t.to), " ", h("code", { className: "muted" }, t.id)])),
    figure.joined ? h("p", { className: "small muted" }, figure.joined) : "",
    worn,
    figure.findings.map((f) => h("p", { className: "small muted" }, `${w("machine")}: ${f.words}, ${f.probability}${f.reason ? `. ${f.reason}` : ""}`)),
    figure.findings.map((f) => pictures(f.pictures)),
    lines(figure),
    out ? "" : h("div", { className: "acts" },
      act(w("split", { t: clock(ui.time) }), key("split"), () => ask(`${figure.id}: ${w("split", { t: clock(ui.time) })}`, [because()], { ...person("split"), at_s: ui.time }),
        { "data-split": figure.id, "data-from": from, "data-to": to }),
      act(w("drop"), key("drop"), () => ask(`${figure.id}: ${w("drop")}`, [
        { name: "reason", words: w("value_reason"), options: { picture: w("reason_picture"), reflection: w("reason_reflection"), double: w("reason_double"), nobody: w("reason_nobody") } },
        because()], person("drop"))),
      figure.tracks.length > 1 && !figure.one ? act(w("confirm_person"), key("one"), () => decide(person("confirm"))) : "",
      act(w("worn"), key("worn"), () => ask(`${figure.id}: ${w("worn")}`, [{ name: "note", words: w("worn_what"), required: true }], person("worn"))),
      act(w("note"), key("note"), () => ask(`${figure.id}: ${w("note")}`, [{ name: "note", words: w("because"), required: true }], person("note")))),
    out || figure.label === null ? "" : h("div", { className: "acts" }, h("span", { className: "small muted" }, `${w("clothing")}:`),
      labels.map((label) => act(labels.length > 1 ? w("confirm_label", { label: S.labels[label] }) : w("confirm"), key(`wear-${label}`),
        () => decide({ ...clothing("confirm"), value: label }))),
      act(w("reject"), key("wear-reject"), () => ask(`${figure.id}: ${w("clothing")} – ${w("reject")}`, [because()], clothing("reject"))),
      act(w("correct"), key("wear-correct"), () => ask(`${figure.id}: ${w("clothing")} – ${w("correct")}`, [
        { name: "value", words: w("value_label"), options: S.labels, value: figure.label }, because()], clothing("correct")))));
}

function drawMerge() {
  const bar = $("mergebar");
  if (!bar) return;
  const ids = S.figures.map((f) => f.id).filter((id) => ui.picked.has(id));
  if (!ids.length) { bar.replaceChildren(); return; }
  bar.replaceChildren(
    h("button", {
      className: "main", disabled: ids.length < 2, "data-key": "merge",
      onclick: () => ask(w("merge", { ids: ids.join(", ") }), [because()], { action: "merge", kind: "person", ids }),
    }, w("merge", { ids: ids.join(", ") })),
    h("span", { className: "small muted" }, ids.length < 2 ? w("merge_hint") : ""));
}

function findingCard(item) {
  const wish = (action) => ({ action, kind: item.kind, ids: [item.id] });
  const key = (name) => `${name}-${item.kind}-${item.id}`;
  const title = `${w(item.kind)} ${item.id}`;
  return h("article", { className: `card verdict-${item.verdict}`, id: `${item.kind}-${item.id}` },
    h("div", { className: "top" }, h("h3", {}, h("code", {}, title)), item.at !== null ? at(item.at, item.frame || clock(item.at)) : ""),
    item.picture ? pictures([{ src: item.picture, at: item.at || 0, frame: item.frame }]) : "",
    h("p", {}, h("span", { className: item.kind === "clue" || item.kind === "light" ? "" : "words" }, item.words)),
    h("p", { className: "small muted" }, item.about),
    lines(item),
    h("div", { className: "acts" },
      act(w("confirm"), key("confirm"), () => decide(wish("confirm"))),
      act(w("reject"), key("reject"), () => ask(`${title}: ${w("reject")}`, [because()], wish("reject"))),
      item.kind === "text" ? act(w("correct"), key("correct"), () => ask(`${title}: ${w("correct")}`, [
        { name: "value", words: w("value_text"), value: item.words, required: true }, because()], wish("correct"))) : "",
      item.kind === "lead" ? act(w("name"), key("name"), () => ask(`${title}: ${w("name")}`, [
        { name: "value", words: w("value_name"), short: true, required: true }, because()], wish("name"))) : "",
      act(w("note"), key("note"), () => ask(`${title}: ${w("note")}`, [{ name: "note", words: w("because"), required: true }], wish("note")))));
}

const panels = {
  people() {
    return [
      countTable(), h("p", { className: "small muted" }, w("bounds")),
      S.figures.length ? S.figures.map((f) => personCard(f, false)) : h("p", {}, w("no_people")),
      S.figures.length > 1 ? h("div", { id: "mergebar" }) : "",
      S.dropped.length ? [h("h2", {}, w("dropped")), S.dropped.map((f) => personCard(f, true))] : "",
    ];
  },
  findings() {
    const kinds = ["all", "text", "lead", "clue", "light"];
    const shown = S.findings.filter((f) => ui.kind === "all" || f.kind === ui.kind);
    return [
      h("div", { className: "kinds" }, kinds.map((kind) => h("button", {
        "aria-pressed": String(ui.kind === kind), "data-key": `kind-${kind}`, onclick: () => { ui.kind = kind; draw(); },
      }, `${w(kind)} (${S.findings.filter((f) => kind === "all" || f.kind === kind).length})`))),
      shown.length ? shown.map(findingCard) : h("p", {}, w("no_findings")),
    ];
  },
  decisions() {
    return [
      h("div", { className: "acts" }, act(w("note_clip"), "noteclip", () => ask(w("note_clip"),
        [{ name: "note", words: w("because"), required: true }], { action: "note", kind: "clip", ids: [] }))),
      S.decisions.length ? h("table", {}, h("tbody", {}, S.decisions.map((d) => h("tr", { className: `${d.status}-row`, id: `decision-${d.id}` },
        h("td", {}, h("code", {}, d.id)), h("td", {}, d.what, h("br"), h("span", { className: "small muted" }, d.why)),
        h("td", { className: "small" }, d.who, h("br"), h("span", { className: "muted" }, d.when)),
        h("td", {}, h("span", { className: d.status }, d.result), d.result_why ? h("p", { className: "small" }, d.result_why) : "",
          d.open ? h("div", { className: "acts" }, act(w("revoke"), `revoke-${d.id}`,
            () => ask(`${w("revoke")} ${d.id}`, [because()], { action: "revoke", kind: "decision", ids: [d.id] }))) : ""))))) : h("p", {}, w("no_decisions")),
    ];
  },
};

/* ------------------------------------------------------------ drawing all of it */

function drawHead() {
  const stale = S.not_in_report > 0;
  $("head").replaceChildren(
    h("div", {}, h("h1", {}, w("title")), h("p", { className: "file" }, S.file, " · SHA-256 ", h("code", {}, S.sha256.slice(0, 16), "…"))),
    h("div", { className: "side" },
      h("p", {}, `${w("examiner")}: `, h("strong", {}, S.examiner.name), " ", h("span", { className: "small muted" }, `(${S.examiner.from})`)),
      h("p", {}, h("span", { className: stale ? "stale" : "fresh", id: "reportstate" }, stale ? w("report_old", { n: S.not_in_report }) : w("report_new")), " ",
        h("button", { id: "update", disabled: !stale, onclick: updateReport, "data-key": "update" }, w("update_report")), " ",
        h("a", { href: "/files/report.html", target: "_blank", rel: "noopener" }, w("open_report")))),
    h("p", { className: "intro" }, w("intro")),
    ...S.not_looked.map((words) => h("p", { className: "notice" }, words)));
}

function drawTabs() {
  const counts = { people: S.figures.length, findings: S.findings.length, decisions: S.decisions.length };
  $("tabs").replaceChildren(...Object.keys(panels).map((name) => h("button", {
    role: "tab", "aria-selected": String(ui.tab === name), id: `tab-${name}`, "data-key": `tab-${name}`,
    onclick: () => { ui.tab = name; draw(); },
  }, `${w(name)} (${counts[name]})`)));
  $("panel").setAttribute("aria-labelledby", `tab-${ui.tab}`);
}

function draw() {
  const focused = document.activeElement?.dataset?.key;
  document.documentElement.lang = S.lang;
  document.title = `${w("title")}: ${S.file}`;
  const there = new Set(S.figures.map((f) => f.id));
  for (const id of ui.picked) if (!there.has(id)) ui.picked.delete(id);
  drawHead();
  drawTabs();
  drawStage();
  drawTimeline();
  $("panel").replaceChildren(...[panels[ui.tab]()].flat(3).filter((part) => part !== ""));
  drawMerge();
  drawBoxes();
  drawTime();
  focusOn(focused);
}

function focusOn(key) {
  if (key) [...document.querySelectorAll("[data-key]")].find((item) => item.dataset.key === key)?.focus({ preventScroll: true });
}

document.addEventListener("keydown", (event) => {
  if (!S || !video || $("ask").open || event.ctrlKey || event.altKey || event.metaKey) return;
  if (["INPUT", "TEXTAREA", "SELECT"].includes(event.target.tagName)) return;
  if (event.key === " " && event.target.tagName !== "BUTTON") toggle();
  else if (event.key === "ArrowLeft") seek(Math.max(0, ui.time - (event.shiftKey ? 1 : S.frame)));
  else if (event.key === "ArrowRight") seek(Math.min(S.duration, ui.time + (event.shiftKey ? 1 : S.frame)));
  else return;
  event.preventDefault();
});

refresh();
