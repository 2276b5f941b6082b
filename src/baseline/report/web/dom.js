"use strict";
// Elements from values. Text stays text: nothing that comes from an account is ever read as HTML.
const dom = (() => {
  // el("a.link", {href: "#top"}, "text", child, …); what is null or false is left out.
  function el(name, properties = {}, ...children) {
    const [tag, ...classes] = name.split(".");
    const made = document.createElement(tag);
    if (classes.length) made.className = classes.join(" ");
    for (const [key, value] of Object.entries(properties)) {
      if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
      else if (key in made && !key.startsWith("aria")) made[key] = value;
      else made.setAttribute(key, value);
    }
    made.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
    return made;
  }

  const byId = (id) => document.getElementById(id);
  const number = (value) => value.toLocaleString("en");
  const plural = (value, noun) => `${number(value)} ${noun}${value === 1 ? "" : "s"}`;
  const day = (text) => (text ? text.slice(0, 10) : "");

  // A link that leaves the page, or its text alone when it would not lead to a web page.
  function away(href, text) {
    if (!/^https:\/\/[a-z0-9]/i.test(href)) return document.createTextNode(text);
    return el("a.away", { href, target: "_blank", rel: "noopener noreferrer" }, text);
  }

  // A link to a file beside the page, whose name may hold anything.
  function beside(href, text) {
    if (/^[/\\]|^[^/]*:/.test(href)) return document.createTextNode(text);
    const path = encodeURI(href).replace(/[#?]/g, encodeURIComponent);
    return el("a", { href: path, target: "_blank", rel: "noopener" }, text);
  }

  // The address of what is shown, into the clipboard.
  async function share(button) {
    const before = button.textContent;
    try {
      await navigator.clipboard.writeText(location.href);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Take it from the address bar";
    }
    setTimeout(() => {
      button.textContent = before;
    }, 2000);
  }

  return { el, byId, number, plural, day, away, beside, share };
})();
