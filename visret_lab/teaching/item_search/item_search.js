(function () {
  "use strict";
  const root = document.getElementById("ROOT_ID");
  if (!root || root.querySelector(".is-photos")) return;
  const data = JSON.parse(root.querySelector(".is-data").textContent);
  const app = root.querySelector(".is-app");
  const state = { photo: 0, item: 0 };
  root.classList.add("is-live");

  function make(tag, attributes, ...children) {
    const node = ["svg", "polygon", "rect", "image"].includes(tag) ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (key.startsWith("on")) node.addEventListener(key.slice(2), value); else node.setAttribute(key, value);
    }
    node.append(...children);
    return node;
  }

  const photos = data.photos.map((photo, i) => make("button", {
    type: "button", "aria-pressed": "false", "aria-label": "photograph " + (i + 1),
    onclick: () => choose(i),
    onkeydown: (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) { event.preventDefault(); choose((i + step + photos.length) % photos.length, true); }
    },
  }, make("img", { src: photo.photo, alt: "" })));
  const view = make("div", { class: "is-view" }), side = make("div", { class: "is-side" }), again = make("div", { class: "is-again" });
  const live = make("p", { class: "is-live-words", "aria-live": "polite" });
  app.append(make("div", { class: "is-photos", role: "group", "aria-label": "pick a photograph; left and right arrow keys move" }, ...photos),
    make("div", { class: "is-main" }, view, side), again, live);

  function choose(i, focus) {
    state.photo = i;
    state.item = 0;
    draw();
    if (focus) photos[i].focus({ preventScroll: true });
  }

  function select(i) {
    state.item = i;
    draw();
    side.querySelectorAll("button")[i].focus({ preventScroll: true });
  }

  function picture(photo) {
    const [w, h] = photo.size;
    const svg = make("svg", { viewBox: `0 0 ${w} ${h}`, role: "img", "aria-label": `photograph ${state.photo + 1} of a screen; ` +
      (photo.items.length ? "outlined: " + photo.items.map((item) => item.name).join(", ") : "nothing is outlined") });
    svg.append(make("image", { href: photo.photo, width: w, height: h }));
    // Large pieces first, so that a bag before a coat can be pointed at.
    photo.items.forEach((item, i) => {
      if (!item.corners) return;
      svg.append(make("polygon", { points: item.corners.map((p) => p.join(",")).join(" "), class: i === state.item ? "is-on" : "is-off",
        onclick: () => select(i) }));
    });
    return svg;
  }

  function still(key, box, label) {
    const { image, size: [w, h] } = data.thumbs[key];
    const svg = make("svg", { viewBox: `0 0 ${w} ${h}`, role: "img", "aria-label": label });
    svg.append(make("image", { href: image, width: w, height: h }));
    if (box) svg.append(make("rect", { x: box[0], y: box[1], width: box[2] - box[0], height: box[3] - box[1], class: "is-on" }));
    return svg;
  }

  function beside(photo) {
    const parts = [];
    if (photo.frame) {
      parts.push(make("p", { class: "is-head" }, `Found: shot ${photo.shot}, at ${photo.time}`),
        still(photo.frame, null, `the frame that was found, at ${photo.time}`),
        make("p", { class: "is-soft" }, photo.words || `${photo.inliers} points agree on where the screen is.`));
    } else {
      parts.push(make("p", { class: "is-head" }, photo.words));
    }
    const items = photo.items.map((item, i) => make("button", { type: "button", "aria-pressed": String(i === state.item), onclick: () => select(i) }, item.name));
    parts.push(make("div", { class: "is-items", role: "group", "aria-label": "what is worn" }, ...items));
    if (photo.frame && !items.length) parts.push(make("p", { class: "is-soft" }, "Nobody is near enough here: nothing that is worn is noted."));
    return parts;
  }

  function elsewhere(photo) {
    const item = photo.items[state.item];
    if (!item) return [];
    if (!item.again.length) return [make("p", { class: "is-head" }, `The ${item.name}: seen in this shot only.`)];
    const more = item.shots > item.again.length ? `, the ${item.again.length} that show most of it` : "";
    return [make("p", { class: "is-head" }, `The ${item.name}: seen again in ${item.shots} shot${item.shots > 1 ? "s" : ""}${more}:`),
      make("ol", {}, ...item.again.map((m) => make("li", {}, still(m.frame, m.box, `${item.name} in shot ${m.shot}, at ${m.time}`),
        make("span", {}, `${m.time}, shot ${m.shot}`))))];
  }

  function draw() {
    const photo = data.photos[state.photo];
    photos.forEach((button, i) => button.setAttribute("aria-pressed", String(i === state.photo)));
    view.replaceChildren(picture(photo));
    side.replaceChildren(...beside(photo));
    again.replaceChildren(...elsewhere(photo));
    const item = photo.items[state.item];
    live.textContent = `Photograph ${state.photo + 1} of ${data.photos.length}` + (item ? `: ${item.name}.` : ".") +
      (photo.items.length ? " Point at a garment, or press its name." : " Nothing to point at here: choose another photograph.");
  }
  draw();
})();
