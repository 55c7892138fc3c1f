//go:build chromium

package web_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"trapline/internal/format"
	"trapline/internal/scenario"
	"trapline/internal/tui/export"
	"trapline/internal/tui/walk"
	"trapline/internal/web/live"
)

// What trapline export --live writes opens its own scenario, with its questions, in
// the state of the schedule; its links do too.
func TestALivePageOfItsOwn(t *testing.T) {
	f, err := format.Parse("own.txtar", []byte(`My lesson

Its text.
-- machine --
cpus 2
-- text.S --
main:	incl %eax
	hlt
-- tasks --
cpu 0 at main
cpu 1 at main
-- lesson --
? What is one and one?
answer: two
`))
	require.NoError(t, err)
	w, err := walk.Open(t.Context(), &scenario.File{File: f}, walk.Options{Record: 100})
	require.NoError(t, err)
	defer w.Close()
	require.NoError(t, w.Take(1))
	require.NoError(t, w.Take(1))
	hash := fmt.Sprintf("%016x", w.Hash())
	site, err := os.ReadFile(filepath.Join(*site, "index.html"))
	require.NoError(t, err)
	page, err := export.Live(t.Context(), w, site)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "page.html")
	require.NoError(t, os.WriteFile(file, page, 0o644))

	b := openTab(t, browser(t))
	b.url = "file://" + file
	b.open("")
	require.Equal(t, "My lesson", b.text("#title"))
	require.Equal(t, "What is one and one?", b.text("#question"))
	require.Equal(t, hash, b.ask(live.Request{Do: "hash"}).Hash)
	b.open("#step=1")
	require.EqualValues(t, 1, b.at())
	b.press(kb.ArrowRight)
	require.Equal(t, hash, b.ask(live.Request{Do: "hash"}).Hash, "the schedule goes on")
}

// What trapline export writes is the same page without a machine: walked through by
// keys and buttons, opened at the step of its address.
func TestARecordedPage(t *testing.T) {
	f, err := scenario.Load("first-probe")
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
