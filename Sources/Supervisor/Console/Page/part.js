// What the pages of one part of an application, its terminal or its screen, have in common.

export const query = new URLSearchParams(location.search);
export const name = query.get("name") ?? "";
export const part = document.getElementById("part");

document.querySelector("h1").textContent = name;
document.title = `${name} · Godwit`;

export function status(text, isLost = false) {
  const element = document.getElementById("connection");
  element.textContent = text;
  element.classList.toggle("lost", isLost);
}
