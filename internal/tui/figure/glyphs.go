package figure

import (
	"slices"

	"trapline/internal/engines"
	"trapline/internal/record"
	"trapline/internal/tui/walk"
)

// Glyph is how a kind of marks is shown.
type Glyph struct {
	Kind  record.Kind `json:"kind"`
	Glyph string      `json:"glyph"`
	Class string      `json:"class"` // of its colour: alarm, changed, work, trap, place, row or code
	Name  string      `json:"name"`
}

// Glyphs of marks, the most telling first: a cell shows the first that it has.
var Glyphs = []Glyph{
	{walk.Violated, "✗", "alarm", "violation"},
	{walk.Missed, "○", "alarm", "missed"},
	{walk.Hit, "●", "changed", "hit"},
	{walk.Wait, "≈", "work", "waits"},
	{walk.Fired, "✦", "code", "event"},
	{walk.Handler, "◆", "work", "handler"},
	{walk.Stepped, "▵", "trap", "single step"},
	{walk.Trap, "▼", "trap", "trap"},
	{walk.Patched, "◦", "place", "cc in/out"},
	{walk.LockMoved, "◇", "row", "lock"},
	{walk.Signal, "↯", "alarm", "signal"},
	{walk.Call, "▪", "row", "call"},
	{walk.Switch, "│", "place", "switch"},
	{walk.Noted, "!", "row", "note"},
}

// GlyphsOf are the glyphs that a legend names: those of the marks, and all that
// the world always has in it.
func GlyphsOf(marks []record.Mark, w engines.World) []Glyph {
	words := WordsOf(w)
	kinds := words.legend
	for _, m := range marks {
		kinds |= m.Kind
	}
	l := slices.DeleteFunc(slices.Clone(Glyphs), func(g Glyph) bool { return g.Kind&kinds == 0 })
	for i := range l {
		if l[i].Kind == walk.LockMoved {
			l[i].Name = words.Lock
		}
	}
	return l
}
