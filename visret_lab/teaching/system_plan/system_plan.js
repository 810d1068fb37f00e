(function () {
  "use strict";
  const root = document.getElementById("ROOT_ID");
  if (!root || root.classList.contains("sp-live")) return;
  const model = JSON.parse(root.dataset.model);
  const inputs = [...root.querySelectorAll("input")];
  const bases = { n: 10, day: 10, rate: 10, speed: 10, days: 2, memory: 2, cores: 2, dim: 2, pieces: 2, kept: 10, copies: 0, slow: 0, price: 10, disk: 10 };
  const whole = ["days", "memory", "cores", "dim", "pieces", "copies"];
  const WORDS = 256, TABLES = 2147483648, HOURS = 730, DAY = 86400;

  // As Python's round and format: halves go to the even digit; toFixed and Intl round them away from zero.
  function even(x, digits) {
    const scale = Math.pow(10, digits), y = x * scale, down = Math.floor(y);
    const up = y - down > 0.5 || (y - down === 0.5 && down % 2 === 1);
    return (down + (up ? 1 : 0)) / scale;
  }
  const grouped = (x) => even(x, 0).toLocaleString("en-US", { maximumFractionDigits: 0 });
  const short = (x) => (x >= 100 ? grouped(x) : x >= 10 ? x.toFixed(1) : x >= 1 ? x.toFixed(2) : x.toFixed(3));

  function size(count) {
    for (const unit of ["kB", "MB", "GB", "TB"]) {
      count /= 1000;
      if (count < 999.5) return short(count) + " " + unit;
    }
    return short(count / 1000) + " PB";
  }

  function value(key, position) {
    const raw = bases[key] ? Math.pow(bases[key], position) : position;
    const found = whole.includes(key) ? Math.round(raw) : Number(raw.toPrecision(2));
    return key === "slow" ? found / 100 : found;
  }

  function shown(key, x) {
    if (key === "slow") return String(Number((100 * x).toPrecision(6)));
    return x >= 100 ? grouped(x) : String(x);
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

  function describing(v) {
    const hours = v.n / v.speed / 3600, disk = v.n * v.kept * v.copies;
    const daily = v.day / v.speed / 3600 / v.cores;
    return { hours, first: Math.ceil(hours / (24 * v.days * v.cores)), once: (hours / v.cores) * v.price,
      daily: Math.ceil(v.day / v.speed / DAY / v.cores), disk, month: ((daily * HOURS) / 24) * v.price + (disk / 1e12) * v.disk };
  }

  function searching(kind, v) {
    const total = bytes(kind, v);
    const shards = Math.max(1, Math.ceil(total / (1e9 * v.memory)));
    const scale = kind === "ivfpq" ? v.pieces / model.pieces : v.dim / model.dim;
    const ms = law(model[kind].ms, v.n / shards).map((x) => scale * x);
    const replicas = Math.max(v.copies, 1, Math.ceil((v.rate * ms[0]) / 1000 / v.cores));
    const month = shards * replicas * HOURS * v.price;
    return [size(total), grouped(shards * replicas) + " (" + grouped(shards) + " × " + grouped(replicas) + ")",
      short(ms[0]) + " (" + short(ms[1]) + " to " + short(ms[2]) + ")", short(100 * (1 - Math.pow(1 - v.slow, shards))) + " %",
      short(month), short((month + describing(v).month) / (v.n / 1e6))];
  }

  function update() {
    const v = {}, said = [];
    for (const input of inputs) {
      const key = input.dataset.key;
      v[key] = value(key, Number(input.value));
      const text = shown(key, v[key]);
      root.querySelector('output[data-of="' + key + '"]').textContent = text;
      input.setAttribute("aria-valuetext", text);
      said.push(input.parentElement.querySelector("span").firstChild.textContent.replace(": ", " ") + text);
    }
    root.querySelector(".sp-start").textContent = "Assumed: " + said.join(", ") + ".";
    const d = describing(v);
    const stage = [short(d.hours), grouped(d.first), short(d.once), grouped(d.daily), size(d.disk), short(d.month)];
    root.querySelectorAll(".sp-stage td").forEach((cell, i) => { cell.textContent = stage[i]; });
    for (const row of root.querySelectorAll("tr[data-engine]")) {
      const cells = searching(row.dataset.engine, v);
      row.querySelectorAll("td").forEach((cell, i) => { cell.textContent = cells[i]; });
    }
  }

  root.classList.add("sp-live");
  inputs.forEach((input) => input.addEventListener("input", update));
  update();
})();
