// Which page is shown: by what stands behind # in the address.

import { json, Refused, token } from "./ask.js";
import { begin } from "./begin.js";
import { clusters } from "./clusters.js";
import { login } from "./login.js";
import { el, problem, show } from "./parts.js";
import { run } from "./run.js";
import { runs } from "./runs.js";

const PAGES = [
  [/^#\/runs\/([0-9a-z-]+)$/, "Run", run],
  [/^#\/runs$/, "Runs", runs],
  [/^#\/begin\/([a-z-]+)(?:\?(.*))?$/, "Begin", begin],
  [/^$|^#\/$/, "Clusters", clusters],
];
const main = document.getElementById("main");
let leaving = new AbortController();

async function go() {
  const place = location.hash;
  if (place && !place.startsWith("#/")) return; // a place on this page
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  try {
    const caller = token.get() ? await json("/v1/me", { signal }) : null;
    tellWho(caller);
    if (caller === null) return login(main, go);
    const [pattern, title, page] = PAGES.find(([one]) => one.test(place)) ?? PAGES.at(-1);
    document.title = `${title} – kuberry`;
    await page({ main, signal, caller, words: pattern.exec(place)?.slice(1) ?? [] });
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof Refused && error.problem.status === 401) {
      token.forget();
      tellWho(null);
      return login(main, go, error);
    }
    show(main, el("h1", {}, "This cannot be shown"), problem(error));
  }
}

function tellWho(caller) {
  document.getElementById("pages").hidden = caller === null;
  for (const link of document.querySelectorAll("nav a")) {
    const isHere = link.hash === (location.hash || "#/");
    if (isHere) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const leave = () => {
    token.forget();
    location.hash = "#/";
    go();
  };
  show(
    document.getElementById("who"),
    caller && el("span", {}, `${caller.token.name} (${caller.token.scope}) `),
    caller && el("button", { type: "button", class: "plain", onclick: leave }, "Log out"),
  );
}

addEventListener("hashchange", async () => {
  if (location.hash && !location.hash.startsWith("#/")) return;
  await go();
  main.focus();
});
go();
