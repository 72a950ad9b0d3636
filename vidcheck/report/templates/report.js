"use strict";
// The clip beside its time line. Plays a copy beside the report or the reader's own file; nothing leaves the page.
(() => {
  const holder = document.getElementById("clip-data");
  const root = document.getElementById("clip");
  if (!holder || !root) return;
  const data = JSON.parse(holder.textContent);
  const say = data.words;
  const $ = (selector) => root.querySelector(selector);
  const place = $(".stage-place"), stage = $(".stage"), video = $("video"), still = $(".still"), canvas = $("canvas");
  const message = $(".message"), clock = $(".clock"), picker = $(".picker"), playButton = $(".play");
  const showPeople = $(".show-people"), showTexts = $(".show-texts"), rate = $(".rate");
  const chart = document.querySelector(".clip-chart svg");
  const MEASURED_MS = 20, NEAR_MS = 150, LARGEST_BYTES = 1 << 30;
  // A time is written in thousandths, cut off: one more leads into the frame and not before it.
  const INTO_FRAME_S = 0.001;
  let now = 0, first = 0, chosen = "", loaded = false, measured = false, wanted = false, dismissed = false;

  root.classList.add("on");
  stage.style.aspectRatio = place.style.aspectRatio = `${data.width} / ${data.height}`;
  place.style.maxWidth = `calc(70vh * ${data.width} / ${data.height})`;
  const marks = new Map(data.marks.map((mark) => [mark.id, mark]));

  const written = (seconds) => {
    const ms = Math.max(0, Math.round(seconds * 1000));
    const pad = (n, width) => String(n).padStart(width, "0");
    const h = Math.floor(ms / 3600000), m = Math.floor(ms / 60000) % 60;
    const tail = `${pad(Math.floor(ms / 1000) % 60, 2)}${data.comma ? "," : "."}${pad(ms % 1000, 3)}`;
    return h ? `${h}:${pad(m, 2)}:${tail}` : `${m}:${tail}`;
  };

  // ---- boxes
  const nearest = (boxes, ms) => {
    let low = 0, high = boxes.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (boxes[middle][0] < ms) low = middle + 1; else high = middle;
    }
    const after = boxes[low], before = boxes[Math.max(low - 1, 0)];
    return after && Math.abs(after[0] - ms) <= Math.abs(before[0] - ms) ? after : before;
  };

  const shotOf = (ms) => data.cuts.filter((cut) => cut <= ms + 1).length;

  const draw = () => {
    const scale = (canvas.width = Math.round(stage.clientWidth * (window.devicePixelRatio || 1))) / data.width;
    canvas.height = Math.round(data.height * scale);
    if (!loaded && still.hidden) return;
    const pen = canvas.getContext("2d"), ms = now * 1000;
    const thin = Math.max(1.5, canvas.width / 640), size = Math.max(11, canvas.width / 62);
    pen.font = `600 ${size}px sans-serif`;
    for (const mark of data.marks) {
      const isChosen = mark.id === chosen;
      const asked = mark.kind === "person" ? showPeople.checked : mark.kind === "text" ? showTexts.checked : false;
      if (!mark.boxes.length || !(asked || isChosen)) continue;
      const box = nearest(mark.boxes, ms), away = Math.abs(box[0] - ms);
      const within = mark.span && ms >= mark.span[0] - 1 && ms <= mark.span[1] + 1 && shotOf(ms) === shotOf(box[0]);
      if (away > NEAR_MS && !within) continue;
      const [x, y, w, h] = [box[1], box[2], box[3] - box[1], box[4] - box[2]].map((side) => side * scale);
      const dash = away <= MEASURED_MS ? [] : [size / 2, size / 3];
      for (const [colour, width] of [["#000", thin + 2], [isChosen ? "#ffc400" : "#fff", isChosen ? thin * 1.8 : thin]]) {
        pen.setLineDash(dash);
        pen.strokeStyle = colour;
        pen.lineWidth = width;
        pen.strokeRect(x, y, w, h);
      }
      const words = isChosen || (mark.kind === "text" && stage.clientWidth > 560) ? mark.label : mark.id;
      const wide = pen.measureText(words).width + 8;
      const left = Math.max(0, Math.min(x, canvas.width - wide)), above = y - size - 6;
      const top = above >= 0 ? above : mark.kind === "text" ? y + h : Math.max(0, y);
      pen.fillStyle = isChosen ? "#ffc400" : "#000";
      pen.fillRect(left, top, wide, size + 6);
      pen.fillStyle = isChosen ? "#000" : "#fff";
      pen.fillText(words, left + 4, top + size + 1);
    }
  };

  // ---- time line
  const head = document.createElementNS("http://www.w3.org/2000/svg", "line");
  const axis = chart ? [Number(chart.dataset.left), Number(chart.dataset.right)] : [0, 1];
  if (chart) {
    head.setAttribute("y1", "0");
    head.setAttribute("y2", String(chart.viewBox.baseVal.height - 20));
    head.setAttribute("stroke", "#a4340f");
    head.setAttribute("stroke-width", "2");
    chart.append(head);
    chart.removeAttribute("role");
    for (const span of chart.querySelectorAll("[data-t]")) {
      span.setAttribute("tabindex", "0");
      span.setAttribute("role", "button");
      span.setAttribute("aria-label", `${span.dataset.name}: ${say.go_to} ${written(Number(span.dataset.t))}`);
    }
  }

  const tell = () => {
    clock.textContent = `${written(now)} / ${written(data.duration)}`;
    const x = axis[0] + (axis[1] - axis[0]) * Math.min(1, Math.max(0, now / data.duration));
    head.setAttribute("x1", x.toFixed(1));
    head.setAttribute("x2", x.toFixed(1));
    draw();
  };

  // Without a clip, a frame whose whole picture is in the report can still be shown.
  const stills = new Map();
  for (const figure of document.querySelectorAll("figure.whole[data-t]")) {
    const image = figure.querySelector("img");
    if (image && !stills.has(figure.dataset.t)) stills.set(figure.dataset.t, image.src);
  }

  const seek = (seconds, of) => {
    now = Math.min(Math.max(seconds, 0), data.duration);
    chosen = of || "";
    if (loaded) {
      video.pause();
      video.currentTime = first + now + INTO_FRAME_S;
    } else {
      const source = stills.get(now.toFixed(3));
      still.hidden = !source;
      picker.classList.toggle("small", Boolean(source));
      if (source) still.src = source;
      message.textContent = source ? say.still_shown : say.no_still;
    }
    tell();
  };

  const watch = (seconds) => { now = Math.min(Math.max(seconds - first, 0), data.duration); tell(); };
  const reports = "requestVideoFrameCallback" in HTMLVideoElement.prototype;
  if (reports) {
    const each = (_, frame) => {
      if (measured) watch(frame.mediaTime);
      else if (loaded) { measured = true; first = frame.mediaTime; seek(now, chosen); }
      video.requestVideoFrameCallback(each);
    };
    video.requestVideoFrameCallback(each);
  } else {
    video.addEventListener("timeupdate", () => watch(video.currentTime));
  }
  const ready = () => {
    video.hidden = false;
    still.hidden = picker.hidden = true;
    for (const control of root.querySelectorAll(".controls button, .controls select")) control.disabled = false;
    loaded = true;
    // The first frame need not stand at zero of the file's own time: show it, and see where it stands.
    measured = !reports;
    if (measured) seek(now, chosen); else video.currentTime = INTO_FRAME_S;
  };
  video.addEventListener("loadeddata", ready);
  if (video.readyState >= 2) ready();
  video.addEventListener("error", () => {
    loaded = false;
    video.hidden = true;
    picker.hidden = false;
    if (video.dataset.own) message.textContent = say.clip_broken;
  });
  for (const name of ["play", "pause"]) {
    video.addEventListener(name, () => { playButton.textContent = video.paused ? say.play : say.pause; });
  }

  // ---- the reader's own copy
  const check = async (file) => {
    if (file.size > LARGEST_BYTES) return say.clip_large;
    if (!window.crypto || !crypto.subtle) return say.clip_no_hash;
    const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
    const hex = Array.from(sum, (byte) => byte.toString(16).padStart(2, "0")).join("");
    message.classList.toggle("bad", hex !== data.sha256);
    return hex === data.sha256 ? say.clip_same : say.clip_other;
  };
  $("input[type=file]").addEventListener("change", (event) => {
    const file = event.target.files[0];
    if (!file) return;
    if (video.dataset.own) URL.revokeObjectURL(video.src);
    loaded = false;
    video.dataset.own = "1";
    video.src = URL.createObjectURL(file);
    message.textContent = say.clip_checking;
    check(file).then((words) => { message.textContent = words; });
  });

  // ---- controls
  const toggle = () => { if (loaded) { if (video.paused) video.play(); else video.pause(); } };
  const step = (frames) => seek(now + frames * data.frame, chosen);
  playButton.addEventListener("click", toggle);
  $(".back").addEventListener("click", () => step(-1));
  $(".on-one").addEventListener("click", () => step(1));
  rate.addEventListener("change", () => { video.playbackRate = Number(rate.value); });
  for (const box of [showPeople, showTexts]) box.addEventListener("change", draw);
  video.addEventListener("click", toggle);
  root.addEventListener("keydown", (event) => {
    if (event.target.closest("button, input, select, a, [role=button]") && event.key === " ") return;
    if (event.target.closest("select, input") && event.key.startsWith("Arrow")) return;
    const keys = { " ": toggle, k: toggle, ",": () => step(-1), ".": () => step(1),
      ArrowLeft: () => seek(now - 1, chosen), ArrowRight: () => seek(now + 1, chosen) };
    if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
  });

  // ---- anything with a time leads there
  let inView = true;
  const dock = () => {
    const docked = wanted && !dismissed && !inView;
    if (docked === stage.classList.contains("docked")) return;
    stage.classList.toggle("docked", docked);
    draw();
  };
  new IntersectionObserver((seen) => {
    inView = seen[seen.length - 1].isIntersecting;
    if (inView) wanted = dismissed = false;
    dock();
  }).observe(place);
  $(".undock").addEventListener("click", () => { dismissed = true; dock(); });

  const follow = (element) => {
    const link = element.closest("[data-t]") || element.closest("figure")?.querySelector("a[data-t]");
    if (!link) return false;
    const owner = element.closest("[data-of]");
    wanted = true;
    dismissed = false;
    seek(Number(link.dataset.t), owner ? owner.dataset.of : "");
    dock();
    return true;
  };
  document.addEventListener("click", (event) => {
    const on = event.target;
    if (chart && chart.contains(on)) {
      const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(chart.getScreenCTM().inverse());
      if (point.x < axis[0]) return;
      seek(((point.x - axis[0]) / (axis[1] - axis[0])) * data.duration, on.dataset.of);
    } else if (on.closest("a[data-t], main figure:not(.chart) img") && follow(on)) {
      event.preventDefault();
    }
  });
  if (chart) {
    chart.addEventListener("keydown", (event) => {
      if ((event.key === "Enter" || event.key === " ") && event.target.dataset.t) {
        event.preventDefault();
        event.stopPropagation();
        seek(Number(event.target.dataset.t), event.target.dataset.of);
      }
    });
  }
  window.addEventListener("resize", draw);
  tell();
})();
