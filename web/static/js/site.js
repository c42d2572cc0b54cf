// Marks the page as scripted, moves focus after a swap, and guards forms against a second click.
document.documentElement.classList.add("has-js");

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-once]")) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});

document.addEventListener("htmx:afterSwap", (event) => {
  const heading = event.target.querySelector("[data-focus-after-swap]");
  if (heading) heading.focus();
});

document.addEventListener("htmx:beforeSwap", (event) => {
  // Refusals come back as fragments with a message; show them as any other answer.
  if (event.detail.xhr.status >= 400 && event.detail.xhr.status < 500) event.detail.shouldSwap = true;
});
