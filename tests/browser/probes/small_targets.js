(least) => [...document.querySelectorAll(
  "header a, header button, .button, button.main, .actions button, main input:not([type=hidden]), .door .go a, .site-foot nav a"
)].filter((element) => {
  const box = element.getBoundingClientRect();
  return box.width > 1 && (box.height < least - 0.5 || box.width < least - 0.5);
}).map((element) => `${element.tagName} ${element.textContent.trim()} ${element.getBoundingClientRect().width}x${element.getBoundingClientRect().height}`)
