// The words of the page in the reader's language, and numbers and money as that language writes them.

const strings = await (await fetch("/assets/strings.json")).json();
let language = "en";

export const isLanguage = (name) => Object.hasOwn(strings, name);

export function speak(name) {
  language = name;
}

export const stockWord = (availability) => strings[language].stock[availability] ?? "";

export function text(name, values = {}) {
  const found = strings[language][name] ?? name;
  return found.replace(/\{(\w+)\}/g, (_, slot) => values[slot] ?? "");
}

export const fieldName = (field) => strings[language].fields[field] ?? field.replace(/^(option|attribute)[:.]/, "");
export const number = (value, options) => new Intl.NumberFormat(language, options).format(value);

export function money(price) {
  const style = { style: "currency", currency: price.currency, currencyDisplay: "narrowSymbol" };
  try {
    const format = new Intl.NumberFormat(language, style);
    return format.format(price.amount / 10 ** format.resolvedOptions().maximumFractionDigits);
  } catch {
    return `${price.amount / 100} ${price.currency}`;
  }
}
