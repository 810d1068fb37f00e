(function () {
  "use strict";
  const root = document.getElementById("ROOT_ID");
  if (!root || root.querySelector(".mf-bar")) return;
  const frames = [...root.querySelectorAll(".mf-frame")];
  const wait = 1000 * Number(root.dataset.seconds);
  let now = 0, timer = null;

  function make(tag, attributes, text) {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.textContent = text || "";
    return node;
  }

  const play = make("button", { type: "button" }, "Play");
  const slider = make("input", { type: "range", min: "0", max: String(frames.length - 1), step: "1", value: "0", "aria-label": "frame; arrow keys move" });
  const label = make("output", {});
  const bar = make("div", { class: "mf-bar" });
  bar.append(play, slider, label);
  root.append(bar);
  root.classList.add("mf-live");

  function show(i) {
    now = i;
    frames.forEach((frame, j) => frame.classList.toggle("mf-now", i === j));
    slider.value = String(i);
    slider.setAttribute("aria-valuetext", frames[i].dataset.label);
    label.textContent = frames[i].dataset.label;
  }

  function stop() {
    clearInterval(timer);
    timer = null;
    play.textContent = "Play";
    label.removeAttribute("aria-live");
  }

  play.addEventListener("click", () => {
    if (timer !== null) { stop(); return; }
    if (now === frames.length - 1) show(0);
    play.textContent = "Stop";
    label.setAttribute("aria-live", "off"); // a screen reader need not read every frame while they run
    timer = setInterval(() => {
      if (!root.isConnected) { stop(); return; }
      if (now + 1 < frames.length) show(now + 1);
      if (now === frames.length - 1) stop();
    }, wait);
  });
  slider.addEventListener("input", () => { stop(); show(Number(slider.value)); });
  show(0);
})();
