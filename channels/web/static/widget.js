// Innkeeper's chat on your page: <script src="https://your-innkeeper/widget.js" async></script>
// Optional: data-language="vi" (or ?language=vi) and data-name="Ann" on the script element.
(() => {
  const facts = "FACTS";
  const script = document.currentScript;
  const home = new URL(script.src).origin;
  const query = new URLSearchParams();
  const language = script.dataset.language || facts.language;
  if (language) query.set("language", language);
  if (script.dataset.name) query.set("name", script.dataset.name);

  const style = `
    :host { all: initial; }
    button {
      position: fixed; right: 20px; bottom: 20px; width: 60px; height: 60px; border: 0; border-radius: 50%; padding: 0;
      background: #9a4413; color: #fff; cursor: pointer; box-shadow: 0 6px 22px rgb(60 25 5 / .35); z-index: 2147483001;
      transition: transform .15s ease;
    }
    button:hover { transform: scale(1.06); }
    button:focus-visible { outline: 3px solid #9a4413; outline-offset: 3px; }
    svg { width: 28px; height: 28px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
    .badge {
      position: absolute; top: -4px; right: -4px; min-width: 22px; height: 22px; box-sizing: border-box; padding: 0 6px;
      border-radius: 11px; background: #c4122f; color: #fff; font: 700 13px/22px system-ui, sans-serif;
    }
    iframe {
      position: fixed; right: 20px; bottom: 92px; width: 390px; height: min(660px, calc(100vh - 112px)); border: 0;
      border-radius: 18px; background: #fdf9f3; box-shadow: 0 14px 48px rgb(40 20 5 / .32); z-index: 2147483000;
      color-scheme: light dark;
    }
    [hidden] { display: none; }
    @media (max-width: 480px), (max-height: 480px) {
      iframe { inset: 0; width: 100%; height: 100%; border-radius: 0; z-index: 2147483002; }
    }
    @media (prefers-reduced-motion: reduce) { button { transition: none; } }
  `;
  const SPEECH = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 5.5A1.5 1.5 0 015.5 4h13A1.5 1.5 0 0120 5.5v9a1.5 1.5 0 01-1.5 1.5H10l-5 4v-4h-.0A1 1 0 014 15z"/><path d="M8.5 8.5h7M8.5 12h4.5"/></svg>';
  const DOWN = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M6 9.5l6 6 6-6"/></svg>';

  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  root.adoptedStyleSheets = [sheet];
  const button = document.createElement("button");
  button.type = "button";
  root.append(button);
  let frame = null;
  let isOpen = false;
  let unread = 0;

  function draw() {
    button.innerHTML = isOpen ? DOWN : SPEECH;
    button.setAttribute("aria-label", isOpen ? facts.texts.web_close_chat : facts.texts.web_open_chat);
    button.setAttribute("aria-expanded", String(isOpen));
    if (unread && !isOpen) {
      const badge = document.createElement("span");
      badge.className = "badge";
      badge.textContent = unread;
      button.append(badge);
    }
    if (frame) frame.hidden = !isOpen;
  }

  function show(open) {
    isOpen = open;
    if (open && !frame) {
      frame = document.createElement("iframe");
      frame.src = `${home}/chat/embed?${query}`;
      frame.title = facts.texts.web_title;
      root.append(frame);
    }
    draw();
    tell();
    if (open) frame.focus();
    else button.focus();
  }

  function tell() {
    frame?.contentWindow?.postMessage({ innkeeper: { open: isOpen } }, home);
  }

  addEventListener("message", (event) => {
    if (!frame || event.source !== frame.contentWindow || event.origin !== home) return;
    const said = event.data?.innkeeper ?? {};
    if (said.ready) tell();
    if (said.close) show(false);
    if ("unread" in said) {
      unread = Number(said.unread);
      draw();
    }
  });
  addEventListener("keydown", (event) => event.key === "Escape" && isOpen && show(false));
  button.addEventListener("click", () => show(!isOpen));
  draw();
  const start = () => document.body.append(host);
  if (document.body) start();
  else addEventListener("DOMContentLoaded", start);
})();
