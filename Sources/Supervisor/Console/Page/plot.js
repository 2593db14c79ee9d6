// A line that grows to the right and then moves on to the left: the last samples of something, from zero up to the largest of them.

import { make } from "/text.js";

const WIDTH = 150, HEIGHT = 34, COUNT = 90;

function shape(tag, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

export class Plot {
  #samples = [];
  #line = shape("polyline", {});
  #area = shape("polygon", {});
  #value = make("span", {}, "–");

  /// - kind: a class, which has the colour.
  /// - text: makes text of a sample.
  constructor(kind, label, text) {
    this.text = text;
    const picture = shape("svg", {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": label,
    });
    picture.append(this.#area, this.#line);
    this.element = make("div", { class: `plot ${kind}` }, picture, this.#value);
  }

  add(sample) {
    if (!Number.isFinite(sample)) return;
    this.#samples.push(sample);
    if (this.#samples.length > COUNT) this.#samples.shift();
    const top = Math.max(...this.#samples, 1) * 1.1;
    const points = this.#samples.map((value, index) => {
      const x = index * WIDTH / (COUNT - 1);
      return `${x.toFixed(1)},${(HEIGHT - 1 - value / top * (HEIGHT - 2)).toFixed(1)}`;
    });
    const last = points.at(-1).split(",")[0];
    this.#line.setAttribute("points", points.join(" "));
    this.#area.setAttribute("points", `0,${HEIGHT} ${points.join(" ")} ${last},${HEIGHT}`);
    this.#value.textContent = this.text(sample);
    this.element.title = `at most ${this.text(Math.max(...this.#samples))}`;
  }
}
