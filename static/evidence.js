// “Use as definition…” takes along what is selected in its post. Without script the form holds the whole text.

const LONGEST = 1000; // characters

const carry = (event) => {
  const link = event.target.closest?.("a[data-evidence]");
  if (!link) return;
  const selection = getSelection();
  const prose = link.closest("article")?.querySelector(".prose");
  const inside = prose && !selection.isCollapsed && prose.contains(selection.anchorNode) && prose.contains(selection.focusNode);
  const words = inside ? selection.toString().trim().slice(0, LONGEST) : "";
  link.search = words ? new URLSearchParams({ words }) : "";
};

// Before the pointer goes down on the link: that ends the selection.
document.addEventListener("pointerdown", carry, true);
document.addEventListener("keydown", carry, true);
