(least) => [...document.querySelectorAll("main *, header *, footer *")].filter((element) => {
  const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  const box = element.getBoundingClientRect();
  const shown = box.width > 1 && box.height > 1 && !element.closest(".map, .chart, .visually-hidden, svg");
  return own && shown && parseFloat(getComputedStyle(element).fontSize) < least;
}).map((element) => `${element.tagName}.${element.className} ${getComputedStyle(element).fontSize}`)
