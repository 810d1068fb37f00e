  const WORDS = 256, TABLES = 2147483648;

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

  function law(l, n) {
    const middle = l.a * Math.pow(l.center, l.b);
    const ends = [l.low, l.high].map((b) => middle * Math.pow(n / l.center, b));
    return [l.a * Math.pow(n, l.b), Math.min(...ends), Math.max(...ends)];
  }

  function bytes(model, kind, v) {
    const links = model[kind].links, cells = 4 * Math.sqrt(v.n);
    if (kind === "exact" || kind === "hnsw") return (4 * v.dim + links) * v.n;
    if (kind === "ivf") return (4 * v.dim + links) * v.n + 4 * v.dim * cells;
    const tables = 4 * WORDS * v.pieces * cells;
    return (v.pieces + links) * v.n + 4 * v.dim * (cells + WORDS) + (tables <= TABLES ? tables : 0);
  }

  // Parts and copies that an index of v.n vectors takes, and the time of a question with its range.
  function searched(model, kind, v, copies) {
    const total = bytes(model, kind, v), shards = Math.max(1, Math.ceil(total / (1e9 * v.memory)));
    const scale = kind === "ivfpq" ? v.pieces / model.pieces : v.dim / model.dim;
    const ms = law(model[kind].ms, v.n / shards).map((x) => scale * x);
    const replicas = Math.max(copies, 1, Math.ceil((v.rate * ms[0]) / 1000 / v.cores));
    const words = [size(total), grouped(shards * replicas) + " (" + grouped(shards) + " × " + grouped(replicas) + ")",
      short(ms[0]) + " (" + short(ms[1]) + " to " + short(ms[2]) + ")"];
    return { shards, replicas, scale, words };
  }
