// Cards, built from elements and text nodes: a title is never markup.

import { money, number, stockWord, text } from "./words.js";

/** An element; children that are strings become text nodes, properties are never markup. */
export function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== ""));
  return node;
}

export function card(product, { onMore, note = null }) {
  const more = make("button", { type: "button", className: "more", ariaLabel: text("like_title", { title: product.title }) },
    text("like_this"));
  more.addEventListener("click", onMore);
  const stock = product.availability ?? "unknown";
  return make("li", { className: "card" },
    make("div", { className: "frame" }, cardPicture(product)),
    product.brand ? make("p", { className: "brand" }, product.brand) : null,
    make("h3", { title: product.title }, product.title),
    prices(product),
    ratingLine(product.rating),
    make("div", { className: "foot" }, make("span", { className: `stock ${stock}` }, stockWord(stock)), more),
    note);
}

function cardPicture(product) {
  const image = product.media?.find((media) => media.kind === "image" && media.checksum);
  const absent = () => make("span", { className: "absent" }, text("no_picture"));
  if (!image) return absent();
  const shown = make("img", { src: `/media/${image.checksum}/thumbnail`, alt: image.alt || product.title, loading: "lazy" });
  shown.addEventListener("error", () => shown.replaceWith(absent()));
  return shown;
}

function prices({ price, list_price: list }) {
  if (!price) return make("p", { className: "price" });
  const isReduced = list && list.currency === price.currency && list.amount > price.amount;
  const old = isReduced ? make("s", { ariaLabel: text("was", { price: money(list) }) }, money(list)) : null;
  return make("p", { className: isReduced ? "price reduced" : "price" }, make("b", {}, money(price)), old);
}

function ratingLine(rating) {
  if (!rating?.count) return make("p", { className: "rating" });
  const mean = number(rating.mean, { maximumFractionDigits: 1 });
  const count = number(rating.count);
  const stars = make("span", { className: "stars", role: "img", ariaLabel: text("rated", { mean, count }) }, "★★★★★");
  stars.dataset.stars = String(Math.round(rating.mean * 2));
  return make("p", { className: "rating" }, stars, make("span", {}, mean), make("span", { className: "quiet" }, `(${count})`));
}
