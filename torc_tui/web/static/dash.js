"use strict";

// Show the terminal once its font is there, as the size of its cells is measured once, and in the
// shade that the browser prefers.
addEventListener("load", async () => {
  const terminal = document.getElementById("terminal");
  const shade = matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  terminal.dataset.sessionWebsocketUrl = `${scheme}//${location.host}/terminal/${shade}`;
  await document.fonts.load("14px 'Roboto Mono'").catch(() => null);
  const script = document.createElement("script");
  script.src = "/static/terminal.js";
  script.onload = () => {
    window.onload();
    terminal.querySelector("textarea").focus();
  };
  document.head.append(script);
});
