//go:build chromium

package web_test

import (
	"testing"

	"trapline/internal/rigs/testkit"
	"trapline/internal/web/live"
)

// alone makes the page's drawing of a hit a picture of its own: what its style
// sheet says is put into the elements.
const alone = `(() => {
  const svg = document.querySelector("#diagram svg").cloneNode(true), drawn = document.querySelectorAll("#diagram svg *");
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  [...svg.querySelectorAll("*")].forEach((e, i) => {
    const s = getComputedStyle(drawn[i]), text = e.tagName === "text";
    if (!["rect", "path", "text"].includes(e.tagName)) return;
    for (const k of text ? ["fill", "font-size", "font-weight"] : ["fill", "stroke", "stroke-width", "stroke-dasharray"]) if (s.getPropertyValue(k) !== "none" || k === "fill") e.setAttribute(k, s.getPropertyValue(k));
    if (text) e.setAttribute("font-family", "ui-monospace, monospace");
    e.removeAttribute("class");
  });
  const ground = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  for (const [k, v] of Object.entries({width: "100%", height: "100%", fill: "#fff"})) ground.setAttribute(k, v);
  svg.prepend(ground);
  return svg.outerHTML.replaceAll("><", ">\n<") + "\n";
})()`

// The README's picture of the page is what it draws of lesson 10 in the middle of
// a race.
func TestThePictureInTheREADME(t *testing.T) {
	b := openTab(t, browser(t))
	b.size(1280, 900, false)
	b.open("#lesson=10-two-cpus-one-probe")
	b.ask(live.Request{Do: "hold", CPU: 1})
	b.ask(live.Request{Do: "mark", Kind: "patched"})
	b.ask(live.Request{Do: "step"})
	b.ask(live.Request{Do: "step"})
	b.ask(live.Request{Do: "step"})
	var got string
	b.js(alone, &got)
	const file = "../../docs/page.svg"
	testkit.Golden(t, file, got)
}
