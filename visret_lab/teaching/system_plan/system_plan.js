(function () {
  "use strict";
  const root = document.getElementById("ROOT_ID");
  if (!root || root.classList.contains("sp-live")) return;
  const model = JSON.parse(root.dataset.model);
  const inputs = [...root.querySelectorAll("input")];
  const bases = { n: 10, day: 10, rate: 10, speed: 10, days: 2, memory: 2, cores: 2, dim: 2, pieces: 2, kept: 10, copies: 0, slow: 0, price: 10, disk: 10 };
  const whole = ["days", "memory", "cores", "dim", "pieces", "copies"];
  const HOURS = 730, DAY = 86400;
// LAWS
  function value(key, position) {
    const raw = bases[key] ? Math.pow(bases[key], position) : position;
    const found = whole.includes(key) ? Math.round(raw) : Number(raw.toPrecision(2));
    return key === "slow" ? found / 100 : found;
  }

  function shown(key, x) {
    if (key === "slow") return String(Number((100 * x).toPrecision(6)));
    return x >= 100 ? grouped(x) : String(x);
  }

  function describing(v) {
    const hours = v.n / v.speed / 3600, disk = v.n * v.kept * v.copies;
    const daily = v.day / v.speed / 3600 / v.cores;
    return { hours, first: Math.ceil(hours / (24 * v.days * v.cores)), once: (hours / v.cores) * v.price,
      daily: Math.ceil(v.day / v.speed / DAY / v.cores), disk, month: ((daily * HOURS) / 24) * v.price + (disk / 1e12) * v.disk };
  }

  function searching(kind, v) {
    const { shards, replicas, words } = searched(model, kind, v, v.copies);
    const month = shards * replicas * HOURS * v.price;
    return [...words, short(100 * (1 - Math.pow(1 - v.slow, shards))) + " %", short(month), short((month + describing(v).month) / (v.n / 1e6))];
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
