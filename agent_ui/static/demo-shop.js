/* What a shop adds to the widget's one line: who is signed in, and that the chat is left when they sign out. */

window.onethread ??= function () {
  (window.onethread.q ??= []).push(arguments);
};

const { identity } = document.body.dataset;
if (identity) window.onethread("identify", identity);

document.querySelector("[data-leave]")?.addEventListener("click", () => window.onethread("leave"));
