// What was understood of the words: chips that can be removed, spellings that can be taken back, readings to choose.

import { make } from "./cards.js";
import { number, text } from "./words.js";

const EFFECTS = ["filter", "prefer", "replacement", "note"];

/** Notes on the meaning; `undo(key)` searches again without one of them, `choose(filter)` takes one reading. */
export function meaningNotes(answer, { undo, choose }) {
  const read = answer.understood?.interpretations ?? [];
  const mended = read.filter((each) => each.replacement).map((each) => mendedNote(each, undo));
  const chips = read.filter((each) => !each.replacement).map((each) => chip(each, undo));
  const shown = chips.length ? [make("p", { className: "note understood" }, `${text("understood")} `, ...chips)] : [];
  if (answer.is_doubtful && answer.found) shown.push(make("p", { className: "note warning" }, text("doubtful")));
  return [...mended, ...shown, ...readingNote(answer.readings ?? [], choose)];
}

function mendedNote(each, undo) {
  const back = make("button", { type: "button", className: "plain" }, text("instead", { words: each.text }));
  back.addEventListener("click", () => undo(each.key));
  return make("p", { className: "note" }, text("mended", { words: each.replacement }), " ", back);
}

function chip(each, undo) {
  const effect = EFFECTS.find((name) => each[name]) ?? "note";
  const label = `${text(`read_${effect}`)} ${each[effect] ?? ""}`;
  const stop = make("button", { type: "button", className: "chip", title: label, ariaLabel: text("undo", { words: each.text }) },
    `${each.text.trim()} ×`);
  stop.addEventListener("click", () => undo(each.key));
  return stop;
}

function readingNote(readings, choose) {
  if (readings.length < 2) return [];
  const choices = readings.map((reading) => {
    const button = make("button", { type: "button", className: "chip" }, `${readingName(reading)} (${number(reading.found)})`);
    button.addEventListener("click", () => choose(reading.filter));
    return button;
  });
  return [make("p", { className: "note understood" }, `${text("which")} `, ...choices)];
}

/** Hits in groups by what the words may mean, each under its heading; one group without a heading where it is clear. */
export function byMeaning(answer, { choose }) {
  const readings = answer.readings ?? [];
  if (readings.length < 2) return [{ heading: null, hits: answer.hits }];
  const named = new Set(readings.flatMap((reading) => reading.product_ids));
  const groups = readings.map((reading) => ({
    heading: readingHeading(reading, choose),
    hits: answer.hits.filter((hit) => reading.product_ids.includes(hit.id)),
  }));
  const rest = answer.hits.filter((hit) => !named.has(hit.id));
  const others = { heading: make("li", { className: "meaning" }, make("h2", {}, text("other_meanings"))), hits: rest };
  return [...groups, others].filter((group) => group.hits.length);
}

function readingHeading(reading, choose) {
  const all = make("button", { type: "button", className: "plain" }, text("only_these"));
  all.addEventListener("click", () => choose(reading.filter));
  return make("li", { className: "meaning" }, make("h2", {}, readingName(reading)), all);
}

const readingName = ({ label, kind }) => [label, text(`kind_${kind}`)].filter(Boolean).join(" · ");
