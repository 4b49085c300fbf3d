// Suggestions under the search box: a combobox with a list, as the ARIA practices have it.

import { make } from "./cards.js";
import { money, number, text } from "./words.js";

const PAUSE_MS = 80; // between two letters of a quick typist; asking for each would be thrown away
const at = (id) => document.getElementById(id);

/** Suggest while the reader types; `ask` fetches, `onChoose` gets the suggestion that was taken. */
export function watchSuggestions({ ask, language, onChoose }) {
  const input = at("words");
  const list = at("suggestions");
  let shown = [];
  let active = -1;
  let timer = 0;
  let running = null;

  function close() {
    clearTimeout(timer);
    running?.abort();
    show([]);
  }

  function show(suggestions) {
    shown = suggestions;
    list.replaceChildren(...shown.map(option));
    list.hidden = !shown.length;
    input.setAttribute("aria-expanded", String(shown.length > 0));
    activate(-1);
  }

  function activate(place) {
    active = place;
    [...list.children].forEach((node, n) => node.setAttribute("aria-selected", String(n === active)));
    if (active < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", list.children[active].id);
    list.children[active]?.scrollIntoView({ block: "nearest" });
  }

  async function fetchFor(typed) {
    running?.abort();
    const mine = (running = new AbortController());
    try {
      const asked = new URLSearchParams({ q: typed, locale: language() });
      const answer = await ask(`/suggest?${asked}`, { signal: mine.signal });
      if (mine === running && document.activeElement === input) show(answer.suggestions);
    } catch {
      if (mine === running) show([]); // Help that fails must not stand in the way of searching.
    }
  }

  function later(wait = PAUSE_MS) {
    clearTimeout(timer);
    timer = setTimeout(() => fetchFor(input.value), wait);
  }

  function choose(suggestion) {
    close();
    onChoose(suggestion);
  }

  function option(suggestion, place) {
    const node = make("li", { id: `suggestion-${place}`, role: "option", className: suggestion.kind },
      picture(suggestion), make("span", { className: "words" }, ...marked(suggestion)), aside(suggestion));
    node.addEventListener("mousedown", (event) => event.preventDefault()); // The box keeps the focus.
    node.addEventListener("click", () => choose(suggestion));
    return node;
  }

  input.addEventListener("input", (event) => {
    if (event.isComposing) return;
    if (input.value.trim()) later();
    else close();
  });
  input.addEventListener("compositionend", () => later());
  input.addEventListener("blur", close);
  at("ask").addEventListener("submit", close);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && shown.length) activate(((active + 1 + step + shown.length + 1) % (shown.length + 1)) - 1);
    else if (event.key === "ArrowDown") later(0);
    else if (event.key === "Enter" && active >= 0) choose(shown[active]);
    else if (event.key === "Escape" && shown.length) close();
    else return;
    event.preventDefault();
  });
}

/** The text with what was not typed in bold: that is the news. Places count characters, not UTF-16 units. */
function marked({ text: words, highlight }) {
  const letters = Array.from(words);
  const typed = letters.map((_, n) => highlight.some(([start, end]) => start <= n && n < end));
  const runs = [];
  letters.forEach((letter, n) => {
    if (n && typed[n] === typed[n - 1]) runs.at(-1).words += letter;
    else runs.push({ words: letter, typed: typed[n] });
  });
  return runs.map((run) => make(run.typed ? "span" : "b", {}, run.words));
}

function picture({ kind, picture: checksum }) {
  const drawn = checksum ? make("img", { src: `/media/${checksum}/thumbnail`, alt: "", loading: "lazy" }) : null;
  drawn?.addEventListener("error", () => drawn.remove());
  return make("span", { className: `sign ${kind}`, ariaHidden: "true" }, drawn);
}

function aside({ kind, count, price }) {
  if (kind === "product") return price ? make("span", { className: "quiet" }, money(price)) : null;
  const label = kind === "category" ? `${text("suggested_category")} · ${number(count)}` : number(count);
  return make("span", { className: "quiet" }, label);
}
