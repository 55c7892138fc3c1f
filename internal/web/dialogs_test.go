//go:build chromium

package web_test

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"trapline/internal/tui/course"
	"trapline/internal/tui/quiz"
	"trapline/internal/web/live"
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
		b.settled()
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
	choose := func(key, text string) {
		t.Helper()
		b.js("document.activeElement.blur()", nil)
		b.run(input.DispatchKeyEvent(input.KeyDown).WithKey(key).WithText(key), input.DispatchKeyEvent(input.KeyUp).WithKey(key))
		var typed string
		b.js("document.activeElement.value", &typed)
		require.NotContains(t, typed, key, "the key chooses the field and is not typed into it")
		b.js("document.activeElement.select()", nil)
		b.press(text + "\r")
	}
	choose("$", "locks")
	require.Contains(t, b.text("#shown"), "kprobe_lock")
	fine("what a directive shows")
	click("#showing .close")
	submit("#finding", "#find", "iret")
	require.Contains(t, b.text("#why"), "iret")
	b.run(chromedp.SetValue("#place", "target+3", chromedp.ByQuery))
	click("#break-here")
	b.press("f")
	require.Contains(t, b.text("#code tr.here"), "◉")
	b.run(chromedp.SetValue("#place", "target+3", chromedp.ByQuery))
	click("#probe-here")
	require.Contains(t, b.text("#probes"), "yours1")

	choose("X", "spin_lock")
	b.press("f")
	require.Contains(t, b.text("#vital"), "spin_lock", "X, Enter and f as in the terminal")

	b.press("P")
	require.NotEmpty(t, b.text("#large"))
	fine("presenter")
	require.GreaterOrEqual(t, b.number("parseFloat(getComputedStyle(document.querySelector('#code td.text')).fontSize)"), 20.0)
	require.Greater(t, b.number("document.getElementById('large').getBoundingClientRect().height"), 60.0)
	b.press("P")
	require.Zero(t, b.number("document.getElementById('large').getBoundingClientRect().height"))

	click("#open")
	fine("the lists")
	b.js("[...document.querySelectorAll('#scenarios .entry')].find(e => e.textContent.startsWith('xol-slot')).click(); trapline.idle()", nil)
	require.Contains(t, b.text("#title"), "A copy in a slot")
}

// What is answered becomes the lines of a results file, of several lessons, which
// stay when the page is opened again; an engine is changed without losing the question.
func TestResults(t *testing.T) {
	b := openTab(t, browser(t))
	b.open("#lesson=01-what-int3-does")
	b.js("localStorage.clear()", nil)
	give := func(text string) {
		t.Helper()
		b.js("document.getElementById('answer').value = "+strconv.Quote(text)+"; document.getElementById('answering').requestSubmit(); trapline.idle()", nil)
	}
	l, err := course.Find("01-what-int3-does")
	require.NoError(t, err)
	give("nothing that counts")
	give("77")
	give(l.Questions[0].Answers[0])
	title := b.text("#question-title")
	b.js("const e = document.getElementById('engine'); e.value = '2005'; e.dispatchEvent(new Event('change')); trapline.idle()", nil)
	require.Equal(t, title, b.text("#question-title"), "the next question is still asked")
	b.open("#lesson=02-the-life-of-a-hit")
	for range quiz.MaxTries {
		give("77")
	}
	require.Equal(t, "Results (2)", b.text("#results"))
	b.js("{ const make = URL.createObjectURL; URL.createObjectURL = x => { window.saved = x.text(); return make(x); }; }", nil)
	b.run(chromedp.Click("#results", chromedp.ByQuery))
	require.Contains(t, b.text("#result-list"), "01-what-int3-does, question 1: right at go 2")
	b.run(chromedp.Click("#save-results", chromedp.ByQuery))
	var saved string
	b.js("window.saved", &saved)
	var lines []quiz.Answered
	for line := range strings.Lines(saved) {
		var a quiz.Answered
		require.NoError(t, json.Unmarshal([]byte(line), &a))
		lines = append(lines, a)
	}
	require.Equal(t, []quiz.Answered{
		{Type: "answer", V: 1, Lesson: "01-what-int3-does", Question: 1, Given: []string{"77", l.Questions[0].Answers[0]}, Right: true},
		{Type: "answer", V: 1, Lesson: "02-the-life-of-a-hit", Question: 1, Given: []string{"77", "77", "77"}},
	}, lines)
	b.run(chromedp.Click("#forget-results", chromedp.ByQuery))
	require.False(t, b.number("document.getElementById('results').checkVisibility() ? 1 : 0") == 1)
}
