(function () {
  "use strict";
  const root = document.getElementById("ROOT_ID");
  if (!root || root.querySelector(".hg-choices")) return;
  const data = JSON.parse(root.querySelector(".hg-data").textContent);
  const app = root.querySelector(".hg-app");
  const pictures = [...root.querySelectorAll(".hg-print [data-painting] img")].map((img) => img.src);
  const state = { set: 0, round: 0, chosen: null, played: data.sets.map(() => []) };
  root.classList.add("is-live");

  function make(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (key.startsWith("on")) node.addEventListener(key.slice(2), value); else node.setAttribute(key, value);
    }
    node.append(...children);
    return node;
  }

  const sets = data.sets.map((one, i) => make("button", { type: "button", "aria-pressed": "false", onclick: () => begin(i) }, `${one.name}: ${one.words}`));
  const count = make("span", { class: "hg-count" });
  const comment = make("blockquote", { class: "hg-comment" });
  const choices = make("div", { class: "hg-choices", role: "group" });
  const live = make("p", { class: "hg-live", "aria-live": "polite" });
  const next = make("button", { type: "button", class: "hg-next", onclick: () => go() });
  const board = make("div", {});
  app.append(make("div", { class: "hg-top" }, make("div", { role: "group", "aria-label": "set of rounds", style: "display:flex;flex-wrap:wrap;gap:.4rem" }, ...sets), count),
    comment, choices, make("div", { class: "hg-foot" }, live, next), board);

  const now = () => data.sets[state.set];
  const asked = () => now().rounds[state.round];

  function begin(i) {
    state.set = i;
    state.round = Math.min(state.played[i].length, data.sets[i].rounds.length - 1);
    state.chosen = state.played[i][state.round] ?? null;
    draw();
  }

  function go() {
    const rounds = now().rounds.length;
    if (state.round + 1 < rounds) {
      state.round += 1;
    } else {
      state.played[state.set] = [];
      state.round = 0;
    }
    state.chosen = null;
    draw();
    choices.querySelector("button").focus({ preventScroll: true });
    if (root.getBoundingClientRect().top < 0) root.scrollIntoView({ block: "start" });
  }

  function choose(i) {
    if (state.chosen !== null) return;
    state.chosen = i;
    state.played[state.set][state.round] = i;
    draw();
    next.focus({ preventScroll: true });
  }

  function press(event, i) {
    const columns = getComputedStyle(choices).gridTemplateColumns.split(" ").length;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
    const all = [...choices.children];
    if (step) {
      event.preventDefault();
      const to = i + step;
      if (to >= 0 && to < all.length) all[to].focus();
    }
  }

  function digit(event) {
    if (!/^[0-9]$/.test(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    const to = (Number(event.key) + 9) % 10;
    if (to < choices.children.length) { event.preventDefault(); choose(to); }
  }

  function painting(key, i) {
    const over = state.chosen !== null, { answer, picks } = asked();
    const who = over ? [...(state.chosen === i ? ["you"] : []), ...Object.keys(picks).filter((model) => picks[model] === i)] : [];
    const words = [`painting ${i + 1}`];
    if (over && i === answer) words.push("the right one");
    if (who.length) words.push("chosen by " + who.join(", "));
    const button = make("button", { type: "button", "aria-label": words.join(", "), class: over ? (i === answer ? "hg-right" : state.chosen === i ? "hg-wrong" : "") : "",
      onclick: () => choose(i), onkeydown: (event) => press(event, i) },
    make("img", { src: pictures[key], alt: "" }), make("span", { class: "hg-number" }, `${i + 1}${over && i === answer ? " ✓" : ""}`));
    if (over) button.setAttribute("aria-disabled", "true");
    if (who.length) button.append(make("span", { class: "hg-who" }, who.join(", ")));
    return button;
  }

  const percent = (value) => `${Math.round(100 * value)} %`;

  function table() {
    const one = now(), played = state.played[state.set].length;
    const right = (of) => one.rounds.slice(0, played).filter((round, i) => of(round, i) === round.answer).length;
    const share = (n) => played ? `${n} of ${played}` : "-";
    const rows = [["you", share(right((round, i) => state.played[state.set][i])), "-"]];
    for (const model of Object.keys(one.rounds[0].picks)) {
      const all = one.all[model];
      rows.push([model, share(right((round) => round.picks[model])), all ? `${percent(all.accuracy)} (${percent(all.low)} to ${percent(all.high)})` : "-"]);
    }
    const total = Object.values(one.all)[0];
    const head = ["who", "on your rounds", total ? `on all ${total.rounds} rounds of the set` : "on all rounds"];
    const parts = [make("table", {}, make("thead", {}, make("tr", {}, ...head.map((h) => make("th", { scope: "col" }, h)))),
      make("tbody", {}, ...rows.map(([name, ...cells]) => make("tr", {}, make("th", { scope: "row" }, name), ...cells.map((cell) => make("td", {}, cell))))))];
    const told = Object.entries(one.published);
    if (told.length) parts.push(make("p", { class: "hg-note" }, `Published, set ${one.name}, other paintings: ${told.map(([who, value]) => `${who} ${(100 * value).toFixed(1)} %`).join("; ")}.`));
    return parts;
  }

  function verdict() {
    const { answer, picks } = asked();
    if (state.chosen === null) return "Choose by a click, or with the arrow keys and Enter, or press a digit: 1 to 9, and 0 for painting 10.";
    const models = Object.entries(picks).map(([model, i]) => `${model} ${i === answer ? "was right" : `chose ${i + 1}`}`).join("; ");
    return `${state.chosen === answer ? "Right" : `No: it is painting ${answer + 1}`}. ${models}.`;
  }

  function draw() {
    const over = state.chosen !== null, last = state.round + 1 === now().rounds.length;
    sets.forEach((button, i) => button.setAttribute("aria-pressed", String(i === state.set)));
    count.textContent = `Round ${state.round + 1} of ${now().rounds.length}`;
    comment.textContent = asked().comment;
    choices.setAttribute("aria-label", `Round ${state.round + 1}: which painting does the comment describe?`);
    choices.replaceChildren(...asked().candidates.map(painting));
    live.textContent = verdict() + (over && last ? " That was the last round of this set." : "");
    next.textContent = last ? "Play this set again" : "Next round";
    next.style.visibility = over ? "visible" : "hidden";
    board.replaceChildren(...table());
  }
  app.addEventListener("keydown", digit);
  draw();
})();
