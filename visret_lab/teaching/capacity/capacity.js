(function () {
  "use strict";
  const root = document.getElementById("ROOT_ID");
  if (!root || root.classList.contains("cap-live")) return;
  const model = JSON.parse(root.dataset.model);
  const inputs = [...root.querySelectorAll("input")];
  const powers = { n: 10, rate: 10, dim: 2, pieces: 2, memory: 2, cores: 2 };
  const WORDS = 256, TABLES = 2147483648;

  const grouped = (x) => Math.round(x).toLocaleString("en-US");
  const short = (x) => (x >= 100 ? grouped(x) : x >= 10 ? x.toFixed(1) : x >= 1 ? x.toFixed(2) : x.toFixed(3));
  const precise = (x) => String(Number(x.toPrecision(2)));

  function size(count) {
    for (const unit of ["kB", "MB", "GB"]) {
      count /= 1000;
      if (count < 999.5) return short(count) + " " + unit;
    }
    return short(count / 1000) + " TB";
  }

  function law(l, n) {
    const middle = l.a * Math.pow(l.center, l.b);
    const ends = [l.low, l.high].map((b) => middle * Math.pow(n / l.center, b));
    return [l.a * Math.pow(n, l.b), Math.min(...ends), Math.max(...ends)];
  }

  function bytes(kind, v) {
    const links = model[kind].links, cells = 4 * Math.sqrt(v.n);
    if (kind === "exact" || kind === "hnsw") return (4 * v.dim + links) * v.n;
    if (kind === "ivf") return (4 * v.dim + links) * v.n + 4 * v.dim * cells;
    const tables = 4 * WORDS * v.pieces * cells;
    return (v.pieces + links) * v.n + 4 * v.dim * (cells + WORDS) + (tables <= TABLES ? tables : 0);
  }

  function plan(kind, v) {
    const total = bytes(kind, v);
    const shards = Math.max(1, Math.ceil(total / (1e9 * v.memory)));
    const scale = kind === "ivfpq" ? v.pieces / model.pieces : v.dim / model.dim;
    const ms = law(model[kind].ms, v.n / shards).map((x) => scale * x);
    const replicas = Math.max(1, Math.ceil((v.rate * ms[0]) / 1000 / v.cores));
    const hours = (scale * law(model[kind].add_s, v.n / shards)[0]) / 3600;
    return [size(total), grouped(shards * replicas) + " (" + grouped(shards) + " × " + grouped(replicas) + ")",
      short(ms[0]) + " (" + short(ms[1]) + " to " + short(ms[2]) + ")", precise(hours)];
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
