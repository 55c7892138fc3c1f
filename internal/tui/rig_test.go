package tui

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/testkit"
	"trapline/internal/scenario"
	"trapline/internal/tui/walk"
)

// newModel shows a scenario.
func newModel(ctx context.Context, f *scenario.File, o Options) (*Model, error) {
	if o.Record == 0 {
		o.Record = walk.DefaultRecord
	}
	w, err := walk.Open(ctx, f, o.Options)
	if err != nil {
		return nil, err
	}
	return New(ctx, w, o)
}

func open(t testing.TB, name, engine string, w, h int) *Model {
	t.Helper()
	f, err := scenario.Load(name)
	require.NoError(t, err)
	return openFile(t, f, engine, w, h)
}

func openFile(t testing.TB, f *scenario.File, engine string, w, h int) *Model {
	t.Helper()
	m, err := newModel(t.Context(), f, Options{Options: walk.Options{Options: scenario.Options{Engine: engine}}})
	require.NoError(t, err)
	t.Cleanup(m.Close)
	m.Update(tea.WindowSizeMsg{Width: w, Height: h})
	return m
}

var keyCodes = map[string]rune{
	"right": tea.KeyRight, "left": tea.KeyLeft, "up": tea.KeyUp, "down": tea.KeyDown, "home": tea.KeyHome, "end": tea.KeyEnd,
	"tab": tea.KeyTab, "enter": tea.KeyEnter, "esc": tea.KeyEscape, "space": tea.KeySpace, "backspace": tea.KeyBackspace,
	"pgdown": tea.KeyPgDown, "pgup": tea.KeyPgUp,
}

// press gives keys by name; "=text" types text.
func press(m *Model, keys ...string) {
	for _, k := range keys {
		if typed, ok := strings.CutPrefix(k, "="); ok && typed != "" {
			for _, r := range typed {
				m.Update(tea.KeyPressMsg{Code: r, Text: string(r)})
			}
			continue
		}
		if code, ok := keyCodes[k]; ok {
			m.Update(tea.KeyPressMsg{Code: code})
			continue
		}
		r, _ := utf8.DecodeRuneInString(k)
		m.Update(tea.KeyPressMsg{Code: r, Text: k})
	}
}

// shown is the screen without colours; every line must be exactly as wide as
// the terminal.
func shown(t testing.TB, m *Model) string {
	t.Helper()
	s := ansi.Strip(m.View().Content)
	lines := strings.Split(s, "\n")
	require.Len(t, lines, m.h)
	var b strings.Builder
	for i, l := range lines {
		require.Equal(t, m.w, ansi.StringWidth(l), "line %d: %q", i, l)
		b.WriteString(strings.TrimRight(l, " ") + "\n")
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	testkit.Golden(t, filepath.Join("testdata", name+".txt"), got)
}

// sizes are those that the golden screens are of.
var sizes = []struct{ w, h int }{{80, 24}, {120, 40}, {200, 60}}

func sized(w, h int, name string) string { return fmt.Sprintf("%s-%dx%d", name, w, h) }
