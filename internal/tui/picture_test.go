package tui

import (
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/testkit"
	"trapline/internal/tui/text"
)

// Measures of the README's picture of the UI, in pixels.
const (
	cellWidth  = 8.4
	cellHeight = 18
)

// roleStyle is how a picture shows a role on a dark ground, as the theme does.
var roleStyle = map[text.Role]string{
	text.Dim: "fill:#8a8f98", text.Place: "fill:#5fd7d7", text.Code: "fill:#fff;font-weight:700", text.Changed: "fill:#5fd787;font-weight:700",
	text.Trap: "fill:#ff87ff;font-weight:700", text.Work: "fill:#ffd75f", text.Row: "fill:#87afff", text.Alarm: "fill:#ff7b72;font-weight:700",
	text.Title: "fill:#a8adb5;font-weight:700", text.Key: "fill:#5fd7d7;font-weight:700",
}

// ground is the ground of the roles that are shown reversed.
var ground = map[text.Role]string{text.Here: "#d7dae0", text.Lit: "#ffd75f"}

// svg draws the screen as a picture: each run of cells at its own place, so that
// no font can move them.
func svg(lines []text.Line, w int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %d\" font-family=\"ui-monospace, monospace\" font-size=\"14\" role=\"img\">\n", float64(w)*cellWidth+16, len(lines)*cellHeight+16)
	b.WriteString("<title>trapline tui smp-missed-probe: cpu0 has its breakpoint out, cpu1 is held before it</title>\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#14171c\"/>\n<g fill=\"#d7dae0\">\n")
	for y, l := range lines {
		x := 0
		for _, s := range l {
			n := len([]rune(s.Text))
			at, base := 8+float64(x)*cellWidth, 8+y*cellHeight+14
			style := roleStyle[s.Role]
			if g := ground[s.Role]; g != "" {
				fmt.Fprintf(&b, "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>", at, base-14, float64(n)*cellWidth, cellHeight, g)
				style = "fill:#14171c;font-weight:700"
			}
			if words := strings.TrimSpace(s.Text); words != "" {
				at += float64(len(s.Text)-len(strings.TrimLeft(s.Text, " "))) * cellWidth
				kept := strings.ReplaceAll(html.EscapeString(words), " ", "\u00a0") // pictures put blanks together
				fmt.Fprintf(&b, "<text x=\"%.1f\" y=\"%d\" textLength=\"%.1f\" style=\"%s\">%s</text>", at, base, float64(len([]rune(words)))*cellWidth, style, kept)
			}
			x += n
		}
		b.WriteString("\n")
	}
	return b.String() + "</g>\n</svg>\n"
}

// The README's picture is the UI as it is: lesson 10 in the middle of a race.
func TestThePictureInTheREADME(t *testing.T) {
	m := open(t, "smp-missed-probe", "", 120, 38)
	press(m, "H", "a")
	shown(t, m)
	got := svg(m.screen(), m.w)
	file := filepath.Join("..", "..", "docs", "ui.svg")
	testkit.Golden(t, file, got)
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	require.NoError(t, err)
	require.Contains(t, string(readme), "(docs/ui.svg)")
}
