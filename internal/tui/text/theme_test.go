package text

import (
	"image/color"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

// luminance is the relative luminance of WCAG 2, of channels of 16 bits.
func luminance(c color.Color) float64 {
	linear := func(v uint32) float64 {
		x := float64(v) / 0xffff
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	r, g, b, _ := c.RGBA()
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}

// Every colour of the light theme can be read on white: WCAG AA asks for 4.5 to 1.
func TestTheLightThemeCanBeReadOnWhite(t *testing.T) {
	theme := NewTheme(false)
	for role := range roles {
		if role == Plain || role == Code || role == Here {
			continue // the terminal's own colours
		}
		fg := theme.styles[role].GetForeground()
		assert.GreaterOrEqual(t, 1.05/(luminance(fg)+0.05), 4.5, "role %d, colour %v", role, fg)
	}
}
