(() => {
  "use strict";
  const root = document.documentElement;
  const pages = [...document.querySelectorAll(".page")];
  const links = [...document.querySelectorAll(".top nav a")];

  // One page at a time; the address names it, so that it can be linked to and the browser's own keys go back.
  function addressed() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    return [target, (target && target.closest(".page")) || pages[0]];
  }
  function turn(moved) {
    const [target, page] = addressed();
    for (const other of pages) other.hidden = other !== page;
    for (const link of links) {
      if (link.hash === "#" + encodeURIComponent(page.id)) {
        link.setAttribute("aria-current", "page");
        link.scrollIntoView({ block: "nearest", inline: "nearest" });
      } else {
        link.removeAttribute("aria-current");
      }
    }
    document.title = page.querySelector("h1").textContent + " · synthdata report";
    if (!moved) return;
    if (target && target !== page) {
      target.scrollIntoView();
    } else {
      window.scrollTo(0, 0);
      page.querySelector("h1").focus({ preventScroll: true });
    }
  }
  window.addEventListener("hashchange", () => turn(true));
  document.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey || event.target.closest(".scroll, nav")) return;
    const next = pages[pages.indexOf(addressed()[1]) + step];
    if (next) location.hash = encodeURIComponent(next.id);
  });

  // Where the reader has chosen neither, the system's setting decides, also when it changes.
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const remembered = { get: () => null, set: () => {} };
  try {
    const store = window.localStorage;
    remembered.get = () => store.getItem("synthdata-theme");
    remembered.set = (theme) => store.setItem("synthdata-theme", theme);
  } catch {
    // A page from a file may have no storage: the choice then lasts as long as the page.
  }
  const button = document.querySelector("#theme");
  let chosen = remembered.get();
  function paint() {
    const theme = chosen || (dark.matches ? "dark" : "light");
    root.dataset.theme = theme;
    button.textContent = theme === "dark" ? "Light" : "Dark";
    button.setAttribute("aria-label", `Use ${theme === "dark" ? "light" : "dark"} colours`);
  }
  dark.addEventListener("change", paint);
  button.addEventListener("click", () => {
    chosen = root.dataset.theme === "dark" ? "light" : "dark";
    remembered.set(chosen);
    paint();
  });
  button.hidden = false;

  for (const copy of navigator.clipboard ? document.querySelectorAll(".copy") : []) {
    copy.hidden = false;
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(copy.previousElementSibling.textContent);
      copy.textContent = "Copied";
    });
  }

  // What a mark says, at once and also where one taps.
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  document.body.append(tip);
  function tell(event) {
    const mark = event.target.closest(".mark");
    tip.hidden = !mark;
    if (!mark) return;
    const title = mark.querySelector("title");
    if (title) {
      mark.dataset.says = title.textContent;
      title.remove();
    }
    tip.textContent = mark.dataset.says;
    const left = Math.min(event.clientX + 14, root.clientWidth - tip.offsetWidth - 8);
    const above = event.clientY - tip.offsetHeight - 12;
    tip.style.left = `${Math.max(8, left)}px`;
    tip.style.top = `${above < 8 ? event.clientY + 18 : above}px`;
  }
  document.addEventListener("pointerover", tell);
  document.addEventListener("pointermove", tell);
  document.addEventListener("scroll", () => { tip.hidden = true; }, { passive: true, capture: true });

  root.classList.add("paged");
  paint();
  turn(location.hash.length > 1);
})();
