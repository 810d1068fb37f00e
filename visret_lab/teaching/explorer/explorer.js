(function () {
  "use strict";
  const root = document.getElementById("ROOT_ID");
  const data = JSON.parse(root.querySelector(".rx-data").textContent);
  const app = root.querySelector(".rx-app");
  const WORDS = ["negative", "positive", "junk"], MARKS = ["✗", "✓", "○"];
  const state = { q: 0, k: Math.min(12, data.k), methods: data.start || data.methods.slice(0, 2) };

  function make(tag, attributes, ...children) {
    const svg = ["svg", "path", "line", "text", "g"].includes(tag);
    const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (key.startsWith("on")) node.addEventListener(key.slice(2), value); else node.setAttribute(key, value);
    }
    node.append(...children);
    return node;
  }

  function pick(position) {
    state.q = (position + data.queries.length) % data.queries.length;
    draw();
    buttons[state.q].focus({ preventScroll: true });
  }

  const buttons = data.queries.map((query, i) => make("button", {
    type: "button", "aria-pressed": "false", "aria-label": "query " + query.id + (query.text ? ": " + query.text : ""), ...(query.text ? { title: query.text } : {}),
    onclick: () => pick(i),
    onkeydown: (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) { event.preventDefault(); pick(i + step); }
    },
  }, make("img", { src: data.thumbs[query.image], alt: "" })));

  function chooser(side) {
    const select = make("select", { "aria-label": "method " + (side + 1), onchange: () => { state.methods[side] = select.value; draw(); } },
      ...data.methods.map((name) => make("option", { value: name }, name)));
    select.value = state.methods[side];
    return select;
  }

  const output = make("output", {}, String(state.k));
  const slider = make("input", { type: "range", min: "1", max: String(data.k), value: String(state.k), "aria-label": "number of images shown, k",
    oninput: () => { state.k = Number(slider.value); output.textContent = slider.value; draw(); } });
  const lists = make("div", { class: "rx-sides" }), plots = make("div", { class: "rx-plots" });
  const said = make("p", { class: "rx-said" });
  const live = make("p", { class: "rx-help", "aria-live": "polite" });
  app.append(
    make("div", { class: "rx-queries", role: "group", "aria-label": "pick a query; left and right arrow keys move" }, ...buttons),
    said,
    make("div", { class: "rx-bar" }, ...state.methods.map((_, i) => chooser(i)), make("span", {}, "k = ", output, " ", slider)),
    lists, plots, live);

  function list(name, query) {
    const ranked = query.lists[name];
    const items = ranked.top.slice(0, state.k).map(([image, verdict], i) => make("li", { class: "rx-item rx-" + WORDS[verdict] },
      make("img", { src: data.thumbs[image], alt: "rank " + (i + 1) + ": " + WORDS[verdict] }), (i + 1) + " " + MARKS[verdict]));
    return make("div", { class: "rx-side" }, make("p", { class: "rx-name" }, name + ": AP ", make("span", { class: "rx-ap" }, ranked.ap.toFixed(3))),
      make("ol", { class: "rx-grid" }, ...items));
  }

  function before(r, j) {
    // Precision just above the j-th positive, at rank r. The finite sum does not look there: it takes the one at the positive itself.
    return data.kind === "finite_sum" ? (j + 1) / (r + 1) : r ? j / r : 1;
  }

  function steps(hits, positives) {
    // Points (recall, precision) at every positive; between them the straight lines of the trapezoid, or the level ones of the finite sum.
    const points = [];
    hits.forEach((r, j) => { points.push([j / positives, before(r, j)]); points.push([(j + 1) / positives, (j + 1) / (r + 1)]); });
    return points;
  }

  function axes(title, x, y) {
    const svg = make("svg", { viewBox: "0 0 260 218", role: "img", "aria-label": title });
    svg.append(make("line", { x1: 34, y1: 160, x2: 250, y2: 160, stroke: "currentColor", "stroke-width": 1 }),
      make("line", { x1: 34, y1: 14, x2: 34, y2: 160, stroke: "currentColor", "stroke-width": 1 }),
      make("text", { x: 142, y: 184, "text-anchor": "middle" }, x), make("text", { x: 4, y: 10 }, y),
      make("text", { x: 28, y: 164, "text-anchor": "end" }, "0"), make("text", { x: 28, y: 22, "text-anchor": "end" }, "1"));
    return svg;
  }

  function path(points, color, dash) {
    const at = ([x, y]) => (34 + 212 * x).toFixed(1) + " " + (160 - 142 * y).toFixed(1);
    return make("path", { d: "M" + points.map(at).join("L"), fill: "none", stroke: color, "stroke-width": 2, "stroke-dasharray": dash });
  }

  function plot(query) {
    const curve = axes("precision against recall", "recall", "precision");
    const growth = axes("average precision gathered down to rank k", "rank (junk left out), up to k", "AP so far");
    state.methods.forEach((name, side) => {
      const { hits } = query.lists[name], color = side ? "var(--b)" : "var(--a)", dash = side ? "5 3" : "none";
      if (hits.length) curve.append(path(steps(hits, query.positives), color, dash));
      const gathered = [[0, 0]];
      let sum = 0;
      hits.forEach((r, j) => {
        if (r >= state.k) return;
        gathered.push([r / state.k, sum]);
        sum += (before(r, j) + (j + 1) / (r + 1)) / 2 / query.positives;
        gathered.push([r / state.k, sum]);
      });
      gathered.push([1, sum]);
      growth.append(path(gathered, color, dash));
      for (const svg of [curve, growth]) svg.append(make("text", { x: 34, y: 200 + 13 * side, style: "fill:" + color }, (side ? "- - " : "— ") + name));
    });
    return [curve, growth];
  }

  function draw() {
    const query = data.queries[state.q];
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(i === state.q)));
    lists.replaceChildren(...state.methods.map((name) => list(name, query)));
    plots.replaceChildren(...plot(query));
    said.textContent = query.text ? "“" + query.text + "”" : "";
    said.hidden = !query.text;
    live.textContent = data.set + ", " + data.protocol + ", query " + query.id + ": " + query.positives + (query.positives === 1 ? " positive. " : " positives. ") +
      (data.kind === "finite_sum" ? "AP is the finite sum" + (query.positives === 1 ? ": 1 / place. " : ". ") : "") + "✓ double frame: positive; ✗: negative; ○ dashed: junk, not counted.";
  }
  draw();
})();
