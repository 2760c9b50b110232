// Who has no token yet is asked for it.

import { token } from "./ask.js";
import { el, problem, show } from "./parts.js";

export function login(main, go, error = null) {
  document.title = "Log in – kuberry";
  const input = el("input", {
    id: "token",
    type: "password",
    autocomplete: "current-password",
    required: true,
    spellcheck: "false",
    size: "64",
    "aria-describedby": "token-about",
  });
  const send = (event) => {
    event.preventDefault();
    token.keep(input.value.trim());
    go();
  };
  show(
    main,
    el("h1", {}, "Log in"),
    error ? problem(error) : null,
    el(
      "form",
      { class: "card", onsubmit: send },
      el("label", { for: "token" }, "Token"),
      input,
      el("p", { class: "soft", id: "token-about" }, "The server said the admin's token when it first started; `kuberry serve --new-admin-token` makes another. It stays in this tab."),
      el("button", {}, "Log in"),
    ),
  );
  input.focus();
}
