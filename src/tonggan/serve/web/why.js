// Why a result is there: its reasons, in a fold that stays closed until someone asks.

import { make } from "./cards.js";
import { text } from "./words.js";

/** The reasons of a hit, or nothing where it has none. */
export function whyNote(reasons) {
  if (!reasons?.length) return null;
  const items = reasons.map((reason) => make("li", {}, reason));
  return make("details", { className: "why" }, make("summary", {}, text("why")), make("ul", {}, ...items));
}
