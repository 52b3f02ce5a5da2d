// The doors: name and password, or a one-time link that asks for a new password.

import { Refused, request } from "./api.js";
import { element } from "./dom.js";

const SHORTEST = 10;

function field(label, attributes, hint) {
  const input = element("input", { required: true, ...attributes });
  const about = hint && element("span", { class: "field-hint", id: `${attributes.id}-hint` }, hint);
  if (about) input.setAttribute("aria-describedby", about.id);
  return { input, node: element("div", { class: "field" }, element("label", { for: attributes.id }, label), input, about) };
}

/** A form in the middle of the page. `send` does the work; what it throws is shown. */
function door({ title, lead, fields, button, send, message = "" }) {
  const trouble = element("p", { class: "door-trouble", role: "alert" }, message);
  const submit = element("button", { type: "submit", class: "primary wide" }, button);
  const form = element(
    "form",
    {
      class: "door",
      onsubmit: async (event) => {
        event.preventDefault();
        submit.disabled = true;
        trouble.textContent = "";
        try {
          await send();
        } catch (error) {
          trouble.textContent = error.message;
          fields.at(-1).input.select();
        } finally {
          submit.disabled = false;
        }
      },
    },
    element("img", { src: "/console/static/icon.svg", alt: "", width: "44", height: "44" }),
    element("h1", {}, title),
    lead && element("p", { class: "door-lead" }, lead),
    ...fields.map((each) => each.node),
    trouble,
    submit,
  );
  document.title = title;
  return element("main", { class: "doors" }, form);
}

/** The sign-in form. `entered(me)` is called with who signed in. */
export function signIn(entered, message = "") {
  const name = field("Name", { id: "name", name: "username", autocomplete: "username", autocapitalize: "none", spellcheck: "false", autofocus: true });
  const password = field("Password", { id: "password", type: "password", autocomplete: "current-password" });
  return door({
    title: "Support desk",
    fields: [name, password],
    button: "Sign in",
    message,
    send: async () => entered(await request("POST", "/session", { name: name.input.value, password: password.input.value })),
  });
}

/** The form that a one-time link leads to, or the sign-in form where the link is spent. */
export async function welcome(token, entered) {
  let agent;
  try {
    agent = await request("POST", "/link", { token });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return signIn(entered, error.message);
  }
  // Password managers keep the password under this name.
  const name = element("input", { type: "text", name: "username", autocomplete: "username", value: agent.name, hidden: true });
  const password = field(
    "New password",
    { id: "password", type: "password", autocomplete: "new-password", minlength: String(SHORTEST), autofocus: true },
    `At least ${SHORTEST} characters. A few words in a row are easy to keep.`,
  );
  const again = field("Once more", { id: "again", type: "password", autocomplete: "new-password" });
  password.node.prepend(name);
  return door({
    title: `Welcome, ${agent.desk_name}`,
    lead: `Choose a password. From then on you sign in as ${agent.name}; players know you as ${agent.desk_name}.`,
    fields: [password, again],
    button: "Set password and start",
    send: async () => {
      if (password.input.value !== again.input.value) throw new Error("The two passwords are not the same.");
      entered(await request("POST", "/password", { token, password: password.input.value }));
    },
  });
}
