//go:build chromium

package web_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"trapline/scenarios"
	"trapline/tui/export"
	"trapline/tui/walk"
)

// What trapline export writes is the same page without a machine: walked through by
// keys and buttons, opened at the step of its address.
func TestARecordedPage(t *testing.T) {
	f, err := scenarios.Load("first-probe")
	require.NoError(t, err)
	w, err := walk.Open(t.Context(), f, walk.Options{Record: walk.DefaultRecord})
	require.NoError(t, err)
	defer w.Close()
	page, _, err := export.HTML(t.Context(), w, export.Choice{})
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "page.html")
	require.NoError(t, os.WriteFile(file, page, 0o644))

	b := openTab(t, browser(t))
	b.url = "file://" + file
	b.open("")
	require.Equal(t, f.Title(), b.text("#title"))
	require.Contains(t, b.text("#why"), "Nothing has run yet")
	b.press(kb.ArrowRight)
	b.press(kb.ArrowRight)
	b.press("t")
	require.Contains(t, b.text("#why"), "TRAP 3 #BP breakpoint")
	require.Contains(t, b.text("#effects"), "regs->eip")
	require.Contains(t, b.text("#stack"), "struct pt_regs of #BP")
	at := b.at()
	b.press("i")
	require.Greater(t, b.at(), at)
	b.press("T")
	require.Equal(t, at, b.at())
	b.run(chromedp.Click("#end", chromedp.ByQuery))
	require.Equal(t, w.End(), b.at())
	b.open("#step=" + "100")
	require.InDelta(t, 100, b.at(), 10)
	var shown bool
	b.js("document.getElementById('panel-search').checkVisibility() || document.getElementById('engine').checkVisibility()", &shown)
	require.False(t, shown, "no machine, no search")
	source, err := os.ReadFile(*axe)
	require.NoError(t, err)
	b.run(chromedp.Evaluate(string(source)+";0", nil))
	require.Empty(t, b.axe())
}
