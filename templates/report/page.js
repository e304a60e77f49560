"use strict";
// Filter, search, theme and printing. The page reads in full without it.
(() => {
  const root = document.documentElement;
  const form = document.getElementById("filter");
  const cases = [...document.querySelectorAll("details.case")];
  const rows = new Map([...document.querySelectorAll("a.row")].map((row) => [row.hash.slice(1), row]));
  const texts = new Map();

  const textOf = (item) => {
    if (!texts.has(item)) texts.set(item, item.textContent.toLowerCase());
    return texts.get(item);
  };

  const wanted = () => {
    const data = new FormData(form);
    return { show: data.get("show"), tag: data.get("tag") || "", words: data.get("text").toLowerCase().split(/\s+/).filter(Boolean) };
  };

  const matches = (item, { show, tag, words }) =>
    (show === "all" || item.dataset.is.split(" ").includes(show)) &&
    (!tag || item.dataset.tags.split("\n").includes(tag)) &&
    words.every((word) => textOf(item).includes(word));

  const filter = () => {
    const want = wanted();
    let shown = 0;
    for (const item of cases) {
      const fits = matches(item, want);
      item.hidden = rows.get(item.id).hidden = !fits;
      shown += fits;
    }
    document.getElementById("shown").textContent = `${shown} of ${cases.length} cases`;
    document.getElementById("none").hidden = shown > 0;
  };

  // A link from the map opens its case, also if the filter hides it; the keyboard goes on from there.
  const openTarget = () => {
    const item = location.hash && document.getElementById(location.hash.slice(1));
    if (item && item.matches("details.case")) {
      item.hidden = false;
      item.open = true;
      item.scrollIntoView();
      item.firstElementChild.focus({ preventScroll: true });
    }
  };

  const unfold = (button) => {
    const open = button.textContent === "Open all";
    for (const item of cases) if (!item.hidden) item.open = open;
    button.textContent = open ? "Close all" : "Open all";
  };

  const remembered = () => { try { return localStorage.getItem("canary-theme"); } catch { return null; } };
  const remember = (theme) => { try { localStorage.setItem("canary-theme", theme); } catch { /* private window */ } };
  const themed = () => root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  const other = () => (themed() === "dark" ? "light" : "dark");
  const label = (button) => { button.textContent = other() === "dark" ? "Dark theme" : "Light theme"; };

  const theme = document.getElementById("theme");
  if (remembered()) root.dataset.theme = remembered();
  label(theme);
  theme.hidden = form.hidden = false;
  theme.addEventListener("click", () => {
    root.dataset.theme = other();
    remember(root.dataset.theme);
    label(theme);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => label(theme));

  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("unfold").addEventListener("click", (event) => unfold(event.target));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.matches("input, select, textarea")) return;
    event.preventDefault();
    form.elements.text.focus();
  });
  addEventListener("hashchange", openTarget);

  // On paper nothing can be unfolded: failing cases print open.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = cases.filter((item) => !item.open && !item.hidden && item.dataset.is.includes("failing"));
    for (const item of folded) item.open = true;
  });
  addEventListener("afterprint", () => { for (const item of folded) item.open = false; });

  filter();
  openTarget();
})();
