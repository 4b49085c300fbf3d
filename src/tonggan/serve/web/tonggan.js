// The page to search with. What the shopper asks is in the address; catalogue text goes into text nodes only.

import { card, make } from "./cards.js";
import { byMeaning, meaningNotes } from "./meaning.js";
import { watchPicture } from "./picture.js";
import { watchSuggestions } from "./suggest.js";
import { whyNote } from "./why.js";
import { fieldName, isLanguage, number, speak, stockWord, text } from "./words.js";

const PER_PAGE = 24;
const FACET_VALUES = 8; // shown before "show all": a screen holds five facets of this length
const MAX_FACET_VALUES = 100;
const STARS = [4.5, 4, 3];

const at = (id) => document.getElementById(id);

let state = readAddress();
let picture = null; // a file; the one part that no address can hold
let facetFields = null;
let running = null; // the AbortController of the search under way
const opened = new Set(); // facets whose values are all shown

// ---- what is asked -------------------------------------------------------------------------------------------------

function readAddress() {
  const query = new URLSearchParams(location.search);
  const picked = new Map();
  for (const pair of query.getAll("f")) {
    const cut = pair.indexOf(":");
    if (cut > 0) pickedOf(picked, pair.slice(0, cut)).add(pair.slice(cut + 1));
  }
  const language = query.get("lang") ?? localStorage.getItem("tonggan-language") ?? document.documentElement.lang;
  return {
    words: query.get("q") ?? "",
    like: query.get("like") ?? "",
    likeTitle: history.state?.likeTitle ?? "",
    from: query.get("from") ?? "",
    to: query.get("to") ?? "",
    stars: query.get("stars") ?? "",
    sort: query.get("sort") ?? "",
    undo: query.getAll("undo"),
    reading: query.get("reading") ?? "",
    page: Math.max(1, Number.parseInt(query.get("page") ?? "1", 10) || 1),
    language: isLanguage(language) ? language : "en",
    picked,
  };
}

function pickedOf(picked, field) {
  if (!picked.has(field)) picked.set(field, new Set());
  return picked.get(field);
}

function address() {
  const query = new URLSearchParams();
  const plain = { q: state.words, like: state.like, from: state.from, to: state.to, stars: state.stars, sort: state.sort };
  for (const [name, value] of Object.entries(plain)) if (value) query.set(name, value);
  for (const [field, values] of state.picked) for (const value of values) query.append("f", `${field}:${value}`);
  for (const key of state.undo) query.append("undo", key);
  if (state.reading) query.set("reading", state.reading);
  if (state.page > 1) query.set("page", state.page);
  query.set("lang", state.language);
  return `${location.pathname}?${query}`;
}

// A backtick ends a quoted value; doubling it is how the filter language writes one inside.
const quoted = (value) => "`" + value.replaceAll("`", "``") + "`";

function filterExpression() {
  const parts = [];
  for (const [field, values] of state.picked) {
    if (values.size) parts.push(`${quoted(field)}:=[${[...values].map(quoted).join(",")}]`);
  }
  if (isNumber(state.from)) parts.push(`price:>=${state.from}`);
  if (isNumber(state.to)) parts.push(`price:<=${state.to}`);
  if (isNumber(state.stars)) parts.push(`rating:>=${state.stars}`);
  if (state.reading) parts.push(`(${state.reading})`);
  return parts.join(" && ");
}

const isNumber = (text) => /^\d+(\.\d+)?$/.test(text);

function question(fields) {
  const asked = {
    q: state.words, like: state.like, filter_by: filterExpression(), facet_by: fields.join(","),
    max_facet_values: MAX_FACET_VALUES, sort_by: state.sort, page: state.page, per_page: PER_PAGE, locale: state.language,
  };
  const undone = state.undo.map((key) => ["undo", key]);
  return [...Object.entries(asked).filter(([, value]) => value !== ""), ...undone];
}

// ---- asking --------------------------------------------------------------------------------------------------------

async function ask(path, options = {}) {
  const key = sessionStorage.getItem("tonggan-key");
  const headers = key ? { Authorization: `Bearer ${key}` } : {};
  const response = await fetch(path, { ...options, headers });
  const body = await response.json();
  if (!response.ok) throw Object.assign(new Error(body.detail), { problem: body });
  return body;
}

function searchRequest(fields) {
  if (!picture) return [`/search?${new URLSearchParams(question(fields))}`, {}];
  const form = new FormData();
  for (const [name, value] of question(fields)) form.append(name, value);
  form.append("image", picture);
  return ["/search", { method: "POST", body: form }];
}

async function search() {
  running?.abort();
  const mine = (running = new AbortController());
  at("results").setAttribute("aria-busy", "true");
  at("count").textContent = text("loading");
  try {
    facetFields ??= offer((await ask("/facets", { signal: mine.signal })).fields);
    const [path, options] = searchRequest(facetFields);
    const answer = await ask(path, { ...options, signal: mine.signal });
    if (mine === running) showAnswer(answer);
  } catch (error) {
    if (error.name !== "AbortError" && mine === running) showFailure(error);
  } finally {
    if (mine === running) at("results").setAttribute("aria-busy", "false");
  }
}

/** Show the controls of numbers that this shop has, and no others. */
function offer(fields) {
  const has = (field) => fields.includes(field);
  at("price").hidden = !has("price");
  at("stars").hidden = !has("rating");
  for (const option of at("sort").options) option.hidden = option.value !== "" && !has(option.value.split(":")[0]);
  return fields;
}

function go(change, { keepPage = false } = {}) {
  Object.assign(state, keepPage ? {} : { page: 1 }, change);
  history.pushState({ likeTitle: state.likeTitle }, "", address());
  showState();
  search();
}

function translate() {
  speak(state.language);
  document.documentElement.lang = state.language;
  document.title = state.words ? `${state.words} · ${text("title")}` : text("title");
  const targets = { text: "textContent", placeholder: "placeholder", title: "title", alt: "alt" };
  for (const [kind, property] of Object.entries(targets)) {
    for (const node of document.querySelectorAll(`[data-${kind}]`)) node[property] = text(node.dataset[kind]);
  }
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", text(node.dataset.label));
  for (const button of at("languages").children) {
    button.setAttribute("aria-pressed", String(button.dataset.language === state.language));
  }
}

// ---- showing -------------------------------------------------------------------------------------------------------

function moreLike(product) {
  picture = null;
  chooser.forget();
  go({ like: product.id, likeTitle: product.title, words: "", undo: [], reading: "" });
  at("results").focus();
}

function showState() {
  translate();
  at("words").value = state.words;
  at("price-from").value = state.from;
  at("price-to").value = state.to;
  at("sort").value = state.sort;
  const isNarrowed = [...state.picked.values()].some((values) => values.size) || state.from || state.to || state.stars;
  at("clear").hidden = !isNarrowed;
  showStars();
}

function showAnswer(answer) {
  at("message").hidden = true;
  at("count").textContent = countText(answer.found);
  at("notes").replaceChildren(...notes(answer));
  const groups = byMeaning(answer, { choose: (reading) => go({ reading }) });
  at("cards").replaceChildren(...groups.flatMap(({ heading, hits }) => [heading, ...hits.map((hit) => cardOf(hit))]).filter(Boolean));
  showFacets(answer.facets);
  showPriceRange(answer.facet_stats?.price);
  showPages(answer);
  if (!answer.found) showMessage(text("empty_title"), text("empty_text"));
}

const cardOf = (hit) => card(hit.product, { onMore: () => moreLike(hit.product), note: whyNote(hit.why) });

function countText(found) {
  if (!found) return text("count_none");
  return found === 1 ? text("count_one") : text("count_many", { count: number(found) });
}

function notes(answer) {
  const made = [];
  if (state.like) made.push(likeNote());
  made.push(...meaningNotes(answer, {
    undo: (key) => go({ undo: [...state.undo, key] }),
    choose: (reading) => go({ reading }),
  }));
  if (state.reading) made.push(readingChosen());
  if (answer.relaxed?.length) made.push(note(text("relaxed", { parts: answer.relaxed.join(", ") })));
  if (answer.degraded?.length) made.push(note(text("degraded", { parts: answer.degraded.join(", ") }), "warning"));
  return made;
}

const note = (words, kind = "") => make("p", { className: `note ${kind}` }, words);

function readingChosen() {
  const stop = make("button", { type: "button", className: "plain" }, text("all_readings"));
  stop.addEventListener("click", () => go({ reading: "" }));
  return make("p", { className: "note" }, stop);
}

function likeNote() {
  const stop = make("button", { type: "button", ariaLabel: text("remove_like") }, "×");
  stop.addEventListener("click", () => go({ like: "", likeTitle: "" }));
  return make("p", { className: "note" }, `${text("liked")} `, make("b", {}, state.likeTitle || state.like), " ", stop);
}

function showMessage(title, detail, ...more) {
  at("message").replaceChildren(make("h2", {}, title), make("p", {}, detail), ...more);
  at("message").hidden = false;
}

function showFailure(error) {
  for (const id of ["cards", "pages", "notes"]) at(id).replaceChildren();
  at("count").textContent = "";
  if (error.problem?.status === 401) return showKeyForm();
  const retry = make("button", { type: "button" }, text("retry"));
  retry.addEventListener("click", search);
  const detail = error.problem ? `${error.problem.detail} ${error.problem.remedy}` : text("offline");
  return showMessage(text("error_title"), detail, retry);
}

function showKeyForm() {
  const field = make("input", { type: "password", autocomplete: "off", ariaLabel: text("key_label"), required: true });
  const form = make("form", { className: "key" }, field, make("button", {}, text("key_use")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem("tonggan-key", field.value.trim());
    search();
  });
  showMessage(text("key_title"), "", form);
}

// ---- narrowing -----------------------------------------------------------------------------------------------------

function showFacets(facets) {
  const focused = document.activeElement?.dataset?.facet;
  const made = facetFields.filter((field) => field in facets).map((field) => facet(field, facets[field]));
  at("facets").replaceChildren(...made.filter(Boolean));
  if (focused) document.querySelector(`[data-facet="${CSS.escape(focused)}"]`)?.focus();
}

function facet(field, counts) {
  const picked = pickedOf(state.picked, field);
  const gone = [...picked].filter((value) => !(value in counts)).map((value) => [value, 0]);
  const entries = [...Object.entries(counts), ...gone];
  if (!entries.length) return null;
  const isOpen = opened.has(field);
  const shown = entries.filter(([value], place) => isOpen || place < FACET_VALUES || picked.has(value));
  const legend = make("legend", {}, fieldName(field));
  const group = make("fieldset", { className: "group" }, legend, ...shown.map((entry) => facetValue(field, picked, entry)));
  if (entries.length > FACET_VALUES) group.append(facetOpener(field, isOpen, entries.length, counts));
  return group;
}

function facetValue(field, picked, [value, count]) {
  const box = make("input", { type: "checkbox", checked: picked.has(value) });
  box.dataset.facet = `${field}:${value}`;
  box.addEventListener("change", () => {
    if (box.checked) picked.add(value);
    else picked.delete(value);
    go({});
  });
  const shown = field === "availability" ? stockWord(value) || value : value;
  return make("label", { className: "value" }, box, make("span", {}, shown), make("span", { className: "quiet" }, number(count)));
}

function facetOpener(field, isOpen, total, counts) {
  const words = isOpen ? text("fewer_values") : text("more_values", { count: number(total) });
  const opener = make("button", { type: "button", className: "plain" }, words);
  opener.dataset.facet = `${field}:`;
  opener.setAttribute("aria-expanded", String(isOpen));
  opener.addEventListener("click", () => {
    if (isOpen) opened.delete(field);
    else opened.add(field);
    const group = opener.closest("fieldset");
    const renewed = facet(field, counts);
    group.replaceWith(renewed);
    renewed.querySelector("button.plain")?.focus();
  });
  return opener;
}

function showPriceRange(range) {
  if (!range?.count) return;
  at("price-from").placeholder = number(Math.floor(range.min), { useGrouping: false });
  at("price-to").placeholder = number(Math.ceil(range.max), { useGrouping: false });
}

function showStars() {
  const choices = ["", ...STARS.map(String)].map((value) => {
    const radio = make("input", { type: "radio", name: "stars", value, checked: state.stars === value });
    radio.addEventListener("change", () => go({ stars: value }));
    const words = value ? text("stars_least", { stars: number(Number(value)) }) : text("any_stars");
    return make("label", { className: "value" }, radio, make("span", {}, words));
  });
  const focused = document.activeElement?.name === "stars" ? document.activeElement.value : null;
  const group = at("stars");
  group.replaceChildren(group.querySelector("legend"), ...choices);
  if (focused !== null) group.querySelector(`[value="${focused}"]`)?.focus();
}

function showPages({ found, page }) {
  const last = Math.ceil(found / PER_PAGE);
  const places = new Set([1, page - 2, page - 1, page, page + 1, page + 2, last].filter((n) => n >= 1 && n <= last));
  const steps = [...places].sort((a, b) => a - b).flatMap((n, i, all) => (i && n > all[i - 1] + 1 ? [null, n] : [n]));
  const nodes = steps.map((n) => (n ? pageButton(n, String(n), n === page) : make("span", { ariaHidden: "true" }, "…")));
  if (page > 1) nodes.unshift(pageButton(page - 1, "‹", false, text("previous")));
  if (page < last) nodes.push(pageButton(page + 1, "›", false, text("next")));
  at("pages").replaceChildren(...(last > 1 ? nodes : []));
}

function pageButton(target, shown, isCurrent, label = text("page", { page: target })) {
  const button = make("button", { type: "button", ariaLabel: label }, shown);
  if (isCurrent) button.setAttribute("aria-current", "page");
  button.addEventListener("click", () => {
    go({ page: target }, { keepPage: true });
    at("results").focus();
    at("results").scrollIntoView();
  });
  return button;
}

// ---- acting --------------------------------------------------------------------------------------------------------

const chooser = watchPicture({
  onChange(file) {
    picture = file;
    go(file ? { like: "", likeTitle: "" } : {});
  },
});

// While an input method composes, Enter takes a candidate and is not meant for us.
at("words").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.isComposing || event.keyCode === 229)) event.preventDefault();
});

watchSuggestions({
  ask,
  language: () => state.language,
  onChoose({ kind, text: words, path }) {
    if (kind === "category") go({ words: "", picked: new Map([["category", new Set([path])]]) });
    else go({ words });
  },
});

at("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  go({ words: at("words").value.trim(), undo: [], reading: "" });
});

at("price").addEventListener("submit", (event) => {
  event.preventDefault();
  const typed = (id) => at(id).value.normalize("NFKC").replace(",", ".").trim();
  const [from, to] = [typed("price-from"), typed("price-to")];
  go({ from: isNumber(from) ? from : "", to: isNumber(to) ? to : "" });
});

at("sort").addEventListener("change", () => go({ sort: at("sort").value }));
at("clear").addEventListener("click", () => go({ picked: new Map(), from: "", to: "", stars: "" }));

at("languages").addEventListener("click", ({ target }) => {
  if (!target.dataset.language) return;
  localStorage.setItem("tonggan-language", target.dataset.language);
  go({ language: target.dataset.language }, { keepPage: true });
});

addEventListener("popstate", () => {
  state = readAddress();
  showState();
  search();
});

if (matchMedia("(max-width: 860px)").matches) at("filters").open = false;
showState();
search();
