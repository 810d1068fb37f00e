(function () {
  "use strict";
  const root = document.getElementById("ROOT_ID");
  if (!root || root.classList.contains("cap-live")) return;
  const model = JSON.parse(root.dataset.model);
  const inputs = [...root.querySelectorAll("input")];
  const powers = { n: 10, rate: 10, dim: 2, pieces: 2, memory: 2, cores: 2 };
// LAWS
  const precise = (x) => String(Number(x.toPrecision(2)));
  const duration = (s) => (s < 0.01 ? "< 0.01 s" : s < 90 ? precise(s) + " s" : s < 5400 ? precise(s / 60) + " min" : precise(s / 3600) + " h");

  function plan(kind, v) {
    const { shards, scale, words } = searched(model, kind, v, 1);
    return [...words, duration(scale * law(model[kind].add_s, v.n / shards)[0])];
  }

  function update() {
    const values = {};
    for (const input of inputs) {
      const key = input.dataset.key, value = Math.pow(powers[key], Number(input.value));
      values[key] = key === "n" || key === "rate" ? Number(value.toPrecision(2)) : Math.round(value);
      const text = grouped(values[key]);
      root.querySelector('output[data-of="' + key + '"]').textContent = text;
      input.setAttribute("aria-valuetext", text);
    }
    for (const row of root.querySelectorAll("tr[data-engine]")) {
      const cells = plan(row.dataset.engine, values);
      row.querySelectorAll("td").forEach((cell, i) => { cell.textContent = cells[i]; });
    }
  }

  root.classList.add("cap-live");
  inputs.forEach((input) => input.addEventListener("input", update));
  update();
})();
