(function () {
  "use strict";
  const root = document.getElementById("ROOT_ID");
  if (!root || root.querySelector(".mm-starts")) return;
  const data = JSON.parse(root.querySelector(".mm-data").textContent);
  const pictures = JSON.parse(root.querySelector(".mm-pictures").textContent);
  const app = root.querySelector(".mm-app");
  root.classList.add("is-live");

  function unpack(told) {
    const bytes = Uint8Array.from(atob(told.base64), (c) => c.charCodeAt(0));
    const view = new DataView(bytes.buffer), found = [];
    for (let r = 0; r < told.rows; r++) {
      const row = new Float64Array(told.columns);
      for (let c = 0; c < told.columns; c++) row[c] = view.getInt16(2 * (r * told.columns + c), true) * told.scale;
      found.push(row);
    }
    return found;
  }

  const phi = unpack(data.phi), columns = unpack(data.columns), bias = unpack(data.bias)[0];
  const known = new Map(data.words.map((word, i) => [word, i]));
  // As visret_lab.crossmodal.text.tokens: runs of letters and digits with an apostrophe inside, and every emoji.
  const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*(?:['\u2019][\p{L}\p{N}]+)*|[\u{1F1E6}-\u{1F1FF}]{2}|[\u2600-\u27BF\u{1F300}-\u{1F3FA}\u{1F400}-\u{1FAFF}]/gu;
  const tokens = (text) => (text.toLowerCase().normalize("NFC").match(WORD) || []).map((word) => word.replaceAll("\u2019", "'"));

  const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);

  function unit(row) {
    const size = Math.sqrt(dot(row, row));
    return size > 1e-12 ? row.map((value) => value / size) : null;
  }

  // theta of a text: {theta, known, unknown}; theta is null where no word is known.
  function read(text) {
    const counts = new Map(), unknown = [], mine = [];
    for (const word of tokens(text)) {
      if (known.has(word)) {
        counts.set(known.get(word), (counts.get(known.get(word)) || 0) + 1);
        mine.push(word);
      } else if (!unknown.includes(word)) unknown.push(word);
    }
    const told = { theta: null, known: mine, unknown, typed: text.trim() };
    if (!counts.size) return told;
    const sum = new Float64Array(bias.length);
    let size = 0;
    for (const [i, n] of counts) {
      const t = n * data.idf[i];
      size += t * t;
      columns[i].forEach((value, d) => { sum[d] += t * value; });
    }
    told.theta = unit(sum.map((value, d) => value / Math.sqrt(size) + bias[d]));
    return told;
  }

  function search(start, plus, minus, weight) {
    const query = start === null ? new Float64Array(bias.length) : phi[start].slice();
    for (const [told, sign] of [[plus, 1], [minus, -1]]) {
      if (told.theta) told.theta.forEach((value, d) => { query[d] += sign * weight * value; });
    }
    const asked = unit(query);
    if (!asked) return null;
    return phi.map((row, i) => [dot(row, asked), i]).filter(([, i]) => i !== start).sort((a, b) => b[0] - a[0] || a[1] - b[1]);
  }

  function make(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (key.startsWith("on")) node.addEventListener(key.slice(2), value); else node.setAttribute(key, value);
    }
    node.append(...children);
    return node;
  }

  const id = (name) => `ROOT_ID-${name}`;
  const state = { start: data.starts.length ? data.starts[0] : null };
  const choices = [...data.starts, null];
  const starts = choices.map((i, n) => i === null
    ? make("button", { type: "button", "aria-pressed": "false", onclick: () => begin(null) }, "no picture")
    : make("button", { type: "button", "aria-pressed": "false", "aria-label": `picture ${n + 1}: ${data.captions[i]}`, onclick: () => begin(i) },
      make("img", { src: pictures[i], alt: "" }), String(n + 1)));
  const field = (name, label) => {
    const input = make("input", { type: "text", id: id(name), autocomplete: "off", spellcheck: "false", autocapitalize: "none", oninput: () => draw() });
    return [input, make("div", {}, make("label", { for: id(name) }, label), input)];
  };
  const [plus, plusBox] = field("plus", "Words to add");
  const [minus, minusBox] = field("minus", "Words to take away");
  const weight = make("input", { type: "range", id: id("weight"), min: "0", max: "3", step: "0.1", value: "1", oninput: () => draw() });
  const shown = make("output", { for: id("weight") });
  const weightBox = make("div", {}, make("label", { for: id("weight") }, "Weight of the words: ", shown), weight);
  const examples = data.examples.map((e) => {
    const words = [e.start === null ? "no picture" : `picture ${data.starts.indexOf(e.start) + 1}`, e.plus && `+ ${e.plus}`, e.minus && `− ${e.minus}`];
    return make("button", { type: "button", onclick: () => { plus.value = e.plus; minus.value = e.minus; weight.value = String(e.weight); begin(e.start); } },
      words.filter(Boolean).join(" "));
  });
  const live = make("p", { class: "mm-live", "aria-live": "polite" });
  const found = make("ol", { class: "mm-found", "aria-label": "nearest pictures" });
  app.append(make("fieldset", {}, make("legend", {}, "Begin with"), make("div", { class: "mm-starts" }, ...starts)),
    make("div", { class: "mm-words" }, plusBox, minusBox, weightBox));
  if (examples.length) app.append(make("fieldset", {}, make("legend", {}, "Ready questions"), make("div", { class: "mm-examples" }, ...examples)));
  app.append(live, found);

  function begin(i) {
    state.start = i;
    draw();
  }

  function complaint(told, verb) {
    if (!told.typed) return "";
    const list = told.unknown.slice(0, 8).map((word) => `“${word}”`).join(", ") + (told.unknown.length > 8 ? " ..." : "");
    if (!told.known.length) return told.unknown.length ? ` No word to ${verb} is known: ${list}.` : ` There is no word in what is to be ${verb === "add" ? "added" : "taken away"}.`;
    return told.unknown.length ? ` Not known, and left out: ${list}.` : "";
  }

  function draw() {
    const more = read(plus.value), less = read(minus.value), w = Number(weight.value);
    shown.textContent = w.toFixed(1);
    starts.forEach((button, n) => button.setAttribute("aria-pressed", String(choices[n] === state.start)));
    const problems = complaint(more, "add") + complaint(less, "take away");
    const nothing = state.start === null && !more.theta && !less.theta;
    const ranked = nothing ? null : search(state.start, more, less, w);
    found.replaceChildren();
    if (!ranked) {
      live.textContent = (nothing ? "There is nothing to search with: choose a picture, or type words that stood in the captions." : "The query is empty: the words cancel out, or their weight is 0.") + problems;
      return;
    }
    const asked = [state.start === null ? "words alone" : `picture ${data.starts.indexOf(state.start) + 1}`,
      more.theta ? `plus “${more.known.join(" ")}”` : "", less.theta ? `minus “${less.known.join(" ")}”` : ""].filter(Boolean).join(" ");
    live.textContent = `The ${Math.min(data.nearest, ranked.length)} nearest to ${asked}, weight ${w.toFixed(1)}.${problems}`;
    found.append(...ranked.slice(0, data.nearest).map(([s, i], n) => make("li", { "data-picture": String(i) },
      make("img", { src: pictures[i], alt: "", loading: "lazy" }), make("span", { class: "mm-place" }, `${n + 1}. ${s.toFixed(3)}`),
      make("span", { class: "mm-said" }, data.captions[i]))));
  }
  draw();
})();
