package export

import (
	"bytes"
	"fmt"
	"html"

	"trapline/internal/printable"
	"trapline/internal/record"
	"trapline/internal/tui/figure"
	"trapline/internal/tui/panel"
	"trapline/internal/tui/text"
	"trapline/internal/tui/walk"
)

// Measures of the SVG, in pixels.
const (
	svgWidth  = 1000
	svgLeft   = 60
	svgRow    = 34
	svgTop    = 46
	svgFooter = 52
)

// svgColours are for a white page; every mark differs by its glyph as well.
var svgColours = map[text.Role]string{
	text.Alarm: "#b00020", text.Changed: "#1b7f3b", text.Work: "#9a6700", text.Trap: "#8250df", text.Place: "#0e7c86", text.Row: "#0550ae",
}

// SVG draws the timeline: a line for each vCPU, a glyph for each mark. Marks
// at the same pixel are drawn once, the most telling.
func SVG(w *walk.Walk) []byte {
	var b bytes.Buffer
	cpus := len(w.Run.Machine.CPUs)
	title := printable.Name(w.Run.File.Title())
	height := svgTop + cpus*svgRow + svgFooter
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="monospace" font-size="14" role="img">`+"\n", svgWidth, height)
	fmt.Fprintf(&b, "<title>%s</title>\n", html.EscapeString(title))
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#ffffff"/>`+"\n", svgWidth, height)
	fmt.Fprintf(&b, `<text x="10" y="22" font-weight="bold">%s</text>`+"\n", html.EscapeString(title))
	for i := range cpus {
		y := svgTop + i*svgRow + svgRow/2
		fmt.Fprintf(&b, `<text x="10" y="%d">cpu%d</text><line x1="%d" y1="%d" x2="%d" y2="%d" stroke="#bbb"/>`+"\n", y+5, i, svgLeft, y, svgWidth-20, y)
	}
	drawMarks(&b, w)
	y := svgTop + cpus*svgRow + 12
	fmt.Fprintf(&b, `<text x="%d" y="%d" fill="#666">0</text><text x="%d" y="%d" fill="#666" text-anchor="end">%d steps, engine %s</text>`+"\n",
		svgLeft, y, svgWidth-20, y, w.End(), html.EscapeString(printable.Name(w.Run.Engine())))
	x := svgLeft
	for _, g := range figure.GlyphsOf(w.Marks(), w.Run.File.World()) {
		fmt.Fprintf(&b, `<text x="%d" y="%d" font-size="11"><tspan fill="%s">%s</tspan> %s</text>`+"\n", x, y+24, svgColours[panel.Roles[g.Class]], g.Glyph, g.Name)
		x += 22 + 7*len(g.Name)
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

func drawMarks(b *bytes.Buffer, w *walk.Walk) {
	type place struct{ x, cpu int }
	kinds := map[place]record.Kind{}
	var order []place
	const step = 8 // pixels of a glyph
	for _, m := range w.Marks() {
		x := svgLeft + int(m.At*uint64(svgWidth-20-svgLeft)/max(w.End(), 1))/step*step
		p := place{x, int(m.CPU)}
		if kinds[p] == 0 {
			order = append(order, p)
		}
		kinds[p] |= m.Kind
	}
	for _, p := range order {
		for _, g := range figure.Glyphs {
			if kinds[p]&g.Kind != 0 {
				fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="middle" fill="%s">%s</text>`+"\n", p.x, svgTop+p.cpu*svgRow+svgRow/2+5, svgColours[panel.Roles[g.Class]], g.Glyph)
				break
			}
		}
	}
}
