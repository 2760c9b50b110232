// Pieces of pages. Whatever comes from a server becomes text, never markup.

export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  fill(node, attributes);
  node.append(...children.flat(9).filter((one) => one !== null && one !== undefined && one !== ""));
  return node;
}

export function svg(name, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  fill(node, attributes);
  node.append(...children);
  return node;
}

function fill(node, attributes) {
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(key, value);
  }
}

export function show(place, ...children) {
  place.replaceChildren(...children.flat(9).filter(Boolean));
}

const GOOD = new Set(["done", "unchanged", "reachable", "ok"]);
const OPEN = new Set(["running", "looking", ""]);

export function badge(word) {
  const kind = GOOD.has(word) ? "good" : OPEN.has(word) ? "open" : "bad";
  return el("span", { class: `badge ${kind}` }, word || "unknown");
}

export function table(caption, heads, rows) {
  return el(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    el(
      "table",
      {},
      el("caption", {}, caption),
      el("thead", {}, el("tr", {}, heads.map((one) => el("th", { scope: "col" }, one)))),
      el("tbody", {}, rows),
    ),
  );
}

export function row(head, ...cells) {
  return el("tr", {}, el("th", { scope: "row" }, head), cells.map((one) => el("td", {}, one)));
}

export function problem(error) {
  const told = error.problem ?? { code: "error", detail: String(error) };
  const faults = (told.errors ?? []).map((one) => el("li", {}, `${one.pointer}: ${one.detail}`));
  return el(
    "div",
    { class: "problem", role: "alert" },
    el("p", {}, el("strong", {}, told.host ? `${told.host}: ` : "", told.detail || told.title), " ", el("code", {}, told.code)),
    faults.length ? el("ul", {}, faults) : null,
    told.remedy ? el("p", { class: "remedy" }, told.remedy) : null,
  );
}

// A finding or a failed probe, with what to do about it.
export function finding(one) {
  const where = one.host ?? one.where;
  const severity = one.severity ?? one.outcome;
  return el(
    "li",
    { class: `finding ${severity}` },
    el("p", {}, el("code", {}, one.code ?? one.id), " ", where ? el("strong", {}, `${where}: `) : "", one.title),
    one.proof || one.detail ? el("p", { class: "soft" }, one.proof || one.detail) : null,
    one.remedy ? el("p", { class: "remedy" }, one.remedy) : null,
  );
}

export function bytes(count) {
  if (count === null || count === undefined) return "—";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let power = 0;
  while (count >= 1024 && power < units.length - 1) {
    count /= 1024;
    power += 1;
  }
  return `${power ? count.toFixed(count < 10 ? 1 : 0) : count} ${units[power]}`;
}

export function seconds(count) {
  if (count < 60) return `${count.toFixed(count < 10 ? 1 : 0)} s`;
  const minutes = Math.floor(count / 60);
  const rest = Math.floor(count - 60 * minutes);
  return minutes < 60 ? `${minutes} min${rest ? ` ${rest} s` : ""}` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function say(text) {
  document.getElementById("said").textContent = text;
}

export function amount(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}
