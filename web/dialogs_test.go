//go:build chromium

package web_test

import (
	"os"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"trapline/web/live"
)

// What is not always on the page, by keys and buttons: the lists, the keys, a row,
// a link, another engine beside this one, a probe of one's own, a changed register.
// axe finds nothing there either.
func TestDialogsAndForms(t *testing.T) {
	source, err := os.ReadFile(*axe)
	require.NoError(t, err)
	b := openTab(t, browser(t))
	b.size(1280, 900, true)
	b.open("#lesson=10-two-cpus-one-probe")
	b.run(chromedp.Evaluate(string(source)+";0", nil), chromedp.WaitVisible("#open", chromedp.ByQuery))
	fine := func(what string) {
		t.Helper()
		require.Empty(t, b.axe(), what)
	}
	click := func(selector string) {
		t.Helper()
		b.run(chromedp.Click(selector, chromedp.ByQuery))
		b.js("trapline.idle()", nil)
	}
	submit := func(form, field, text string) {
		t.Helper()
		b.run(chromedp.SetValue(field, text, chromedp.ByQuery))
		b.js("document.querySelector('"+form+"').requestSubmit(); trapline.idle()", nil)
	}

	b.press("?")
	require.Contains(t, b.text("#key-list"), "to the next step of the story")
	fine("keys")
	click("#keys .close")
	b.press("t")
	b.press("K")
	require.Contains(t, b.text("#rows"), "P1")
	fine("a row")
	click("#explain .close")
	click("#share")
	var link string
	b.js("document.getElementById('share-link').value", &link)
	require.Contains(t, link, "#lesson=10-two-cpus-one-probe&engine=2002&step=")
	fine("a link")
	click("#sharing .close")

	b.ask(live.Request{Do: "compare", Engine: "2005"})
	require.Contains(t, b.text("#beside-title"), "Engine 2005")
	b.press(kb.ArrowRight)
	fine("two engines")
	click("#single")

	submit("#changing", "#changing input", "%eax 0x77")
	require.Contains(t, b.text("#why"), "set %eax 0x77 on cpu")
	require.Contains(t, b.text("#regs"), "00000077")
	submit("#changing", "#changing input", "%nothing 1")
	require.Contains(t, b.text("#error"), "%nothing")
	fine("an error")
	submit("#finding", "#find", "iret")
	require.Contains(t, b.text("#why"), "iret")
	b.run(chromedp.SetValue("#place", "target+3", chromedp.ByQuery))
	click("#break-here")
	b.press("f")
	require.Contains(t, b.text("#code tr.here"), "◉")
	b.run(chromedp.SetValue("#place", "target+3", chromedp.ByQuery))
	click("#probe-here")
	require.Contains(t, b.text("#probes"), "yours1")

	click("#open")
	fine("the lists")
	b.js("[...document.querySelectorAll('#scenarios .entry')].find(e => e.textContent.startsWith('xol-slot')).click(); trapline.idle()", nil)
	require.Contains(t, b.text("#title"), "A copy in a slot")
}
