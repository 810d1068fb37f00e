// Formulas first, since they decide how tall a slide is; then each body is made smaller until it fits; then reveal.js takes over.
(async () => {
  const SMALLEST = 0.55;
  await MathJax.startup.promise;
  await MathJax.typesetPromise([document.querySelector(".slides")]);
  // A figure's own script may take a picture away while it is awaited, so nobody waits for ever.
  await Promise.all([...document.images].map(image => image.complete || new Promise(done => {
    image.addEventListener("load", done); image.addEventListener("error", done); setTimeout(done, 2000);
  })));
  const shrink = section => {
    const body = section.querySelector(".body");
    if (!body) return;
    const room = body.clientHeight, width = body.clientWidth;
    for (let scale = 1; scale >= SMALLEST; scale -= 0.05) {
      body.style.width = `${width / scale}px`;
      body.style.height = `${room / scale}px`;
      body.style.transform = scale < 1 ? `scale(${scale})` : "";
      if (body.scrollHeight * scale <= room + 1 && body.scrollWidth * scale <= width + 1) { section.dataset.scale = scale.toFixed(2); return; }
    }
    // A figure to play with may be longer than a slide: it scrolls. Anything else must be cut by its author.
    const plays = body.querySelector(".element button, .element input");
    section.dataset.scale = plays ? "scrolls" : "too long";
    if (plays) Object.assign(body.style, {width: "", height: "", transform: "", overflowY: "auto"});
  };
  const mark = slide => {
    const whole = document.getElementById("mark");
    whole.textContent = `minute ${slide.dataset.begins} of ${whole.dataset.minutes}`;
  };
  Reveal.on("ready", event => {
    document.querySelectorAll(".slides section").forEach(section => {
      const hidden = section.style.display;
      section.style.display = "block";
      shrink(section);
      section.style.display = hidden;
    });
    mark(event.currentSlide);
    document.documentElement.dataset.ready = "yes";
  });
  Reveal.on("slidechanged", event => mark(event.currentSlide));
  Reveal.initialize({width: 1280, height: 720, margin: 0, center: false, hash: true, transition: "none", plugins: [RevealNotes],
                     controls: true, progress: true, slideNumber: false, defaultTiming: 60});
})();
