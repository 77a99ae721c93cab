// In a notebook: the kernel sends the line once, and hears nothing more of it.

// The picture before the widget says the same; it stays for those without a live page
function hideTwin(el) {
  let node = el;
  while (node && node !== document.body && !node.matches(".jp-OutputArea, .jp-Cell")) {
    const before = node.previousElementSibling;
    const twin = before?.matches?.("img, svg") ? before : before?.querySelector?.("img, svg");
    if (twin) {
      before.style.display = "none";
      return () => { before.style.display = ""; };
    }
    node = node.parentElement;
  }
  return null;
}

function render({ model, el }) {
  const unmount = mount(el, JSON.parse(model.get("line")));
  let showTwin = hideTwin(el);
  const later = setTimeout(() => { showTwin ??= hideTwin(el); }, 300);
  return () => {
    clearTimeout(later);
    unmount();
    showTwin?.();
  };
}

export default { render };
