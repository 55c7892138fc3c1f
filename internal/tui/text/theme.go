package text

import (
	"strings"

	"charm.land/lipgloss/v2"
)

// Theme renders roles. Every role differs by an attribute as well as by
// colour, so that a terminal without colours (NO_COLOR) tells them apart.
type Theme struct {
	styles [roles]lipgloss.Style
}

// NewTheme makes the theme for a dark or a light background. On a dark one the
// colours are the terminal's own bright ones, whose palette keeps them readable;
// on a light one dark ones of the 256, since many palettes have a cyan and a
// yellow that vanish on white.
func NewTheme(dark bool) Theme {
	var t Theme
	pick := lipgloss.LightDark(dark)
	c := lipgloss.Color
	base := lipgloss.NewStyle()
	yellow, cyan, grey := pick(c("130"), c("11")), pick(c("24"), c("14")), pick(c("242"), c("245"))
	green, magenta := pick(c("28"), c("10")), pick(c("90"), c("13"))
	t.styles = [roles]lipgloss.Style{
		Plain:   base,
		Dim:     base.Foreground(grey),
		Place:   base.Foreground(cyan),
		Code:    base.Bold(true),
		Changed: base.Foreground(green).Bold(true).Underline(true),
		Trap:    base.Foreground(magenta).Bold(true),
		Work:    base.Foreground(yellow),
		Row:     base.Foreground(pick(c("25"), c("12"))),
		Alarm:   base.Foreground(pick(c("124"), c("9"))).Bold(true),
		Here:    base.Reverse(true).Bold(true),
		Title:   base.Foreground(grey).Bold(true),
		Key:     base.Foreground(cyan).Bold(true),
		Lit:     base.Foreground(yellow).Reverse(true).Bold(true),
	}
	return t
}

// Render draws lines, joined by line feeds. Only the theme's own styles reach
// the terminal as control characters.
func (t Theme) Render(lines []Line) string {
	var b strings.Builder
	for i, l := range lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		for _, s := range l.printable() {
			if s.Role == Plain {
				b.WriteString(s.Text)
			} else if s.Text != "" {
				b.WriteString(t.styles[s.Role].Render(s.Text))
			}
		}
	}
	return b.String()
}
