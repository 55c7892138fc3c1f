//go:build chromium

package web_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	cdruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"trapline/internal/web/live"
)

var (
	site  = flag.String("site", "../../bin/web", "the folder that make web wrote")
	look  = flag.String("look", "../../bin/pictures", "a folder for pictures of the page")
	axe   = flag.String("axe", "", "axe-core's axe.min.js")
	slack = flag.Float64("slack", 1, "how many times longer than it should be a step may take")
)

// tab is a page of the site in Chromium.
type tab struct {
	t   *testing.T
	ctx context.Context
	url string
}

// browser starts Chromium, which must be there.
func browser(t *testing.T) context.Context {
	t.Helper()
	o := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.ExecPath("chromium"), chromedp.Flag("allow-file-access-from-files", false))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), o...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {})) // of events that this version does not know
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Run(ctx))
	return ctx
}

func openTab(t *testing.T, parent context.Context) *tab {
	t.Helper()
	file, err := filepath.Abs(filepath.Join(*site, "index.html"))
	require.NoError(t, err)
	require.FileExists(t, file, "make web makes it")
	ctx, cancel := chromedp.NewContext(parent)
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Run(ctx)) // a context with a deadline would take the tab with it
	b := &tab{t, ctx, "file://" + file}
	chromedp.ListenTarget(ctx, func(ev any) {
		switch ev := ev.(type) {
		case *cdruntime.EventExceptionThrown:
			t.Errorf("the page: %v", ev.ExceptionDetails)
		case *log.EventEntryAdded:
			t.Errorf("the page: %s %s", ev.Entry.Level, ev.Entry.Text)
		}
	})
	return b
}

// run carries out actions, within a minute.
func (b *tab) run(actions ...chromedp.Action) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	require.NoError(b.t, chromedp.Run(ctx, actions...))
}

// open loads the page anew with a link's fragment and waits for its first view.
func (b *tab) open(fragment string) {
	b.t.Helper()
	b.run(chromedp.Navigate("about:blank"), chromedp.Navigate(b.url+fragment), chromedp.WaitVisible("body[data-at]", chromedp.ByQuery))
}

// ask gives a request to the page, as its buttons do, and returns the answer.
func (b *tab) ask(q live.Request) *live.Answer {
	b.t.Helper()
	data, err := json.Marshal(q)
	require.NoError(b.t, err)
	var text string
	b.run(chromedp.Evaluate(fmt.Sprintf("trapline.ask(%s).then(a => JSON.stringify(a))", data), &text, chromedp.EvalAsValue, awaited))
	a := &live.Answer{}
	require.NoError(b.t, json.Unmarshal([]byte(text), a))
	return a
}

// size shows the page as a screen of a width and a height shows it.
func (b *tab) size(w, h int64, dark bool) {
	b.t.Helper()
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	b.run(emulation.SetDeviceMetricsOverride(w, h, 1, w < 500),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}))
}

// awaited has an evaluation wait for a promise.
func awaited(p *cdruntime.EvaluateParams) *cdruntime.EvaluateParams { return p.WithAwaitPromise(true) }

// picture writes what the page shows.
func (b *tab) picture(name string) {
	b.t.Helper()
	require.NoError(b.t, os.MkdirAll(*look, 0o755))
	var data []byte
	b.run(chromedp.CaptureScreenshot(&data))
	require.NoError(b.t, os.WriteFile(filepath.Join(*look, name+".png"), data, 0o644))
}

// text is what an element shows.
func (b *tab) text(selector string) string {
	b.t.Helper()
	var s string
	b.run(chromedp.TextContent(selector, &s, chromedp.ByQuery))
	return s
}

// js evaluates an expression, waiting for a promise.
func (b *tab) js(expression string, into any) {
	b.t.Helper()
	b.run(chromedp.Evaluate(expression, into, awaited))
}

// number evaluates an expression that is a number.
func (b *tab) number(expression string) float64 {
	b.t.Helper()
	var n float64
	b.js(expression, &n)
	return n
}

// settled waits until the page has taken its input and what that asked for is done.
func (b *tab) settled() {
	b.t.Helper()
	b.js("new Promise(r => requestAnimationFrame(() => setTimeout(r))).then(() => trapline.idle())", nil)
}
