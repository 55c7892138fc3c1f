//go:build chromium

package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"trapline/internal/record"
	"trapline/internal/scenario"
	"trapline/internal/tui/course"
	"trapline/internal/tui/walk"
	"trapline/internal/web/live"
)

// sizes are the screens that every lesson is shown on.
var sizes = []struct{ w, h int64 }{{1280, 900}, {768, 1000}, {360, 740}}

// Every lesson in Chromium, opened from a file: stepped by keys, branched,
// searched, answered; its states are those of a walk here; and axe finds nothing
// at its first, middle and last step, in light and dark, on each screen.
func TestEveryLesson(t *testing.T) {
	lessons, err := course.Lessons()
	require.NoError(t, err)
	parent := browser(t)
	for i := range lessons {
		l := &lessons[i]
		t.Run(l.Name, func(t *testing.T) {
			b := openTab(t, parent)
			b.size(1280, 900, false)
			b.open("#lesson=" + l.Name)
			require.Equal(t, l.Title, b.text("#title"), b.text("#error"))
			b.sameStates(l)
			b.shownAsAnew()
			b.branched()
			b.searched()
			b.answered(l)
			b.accessible()
		})
	}
}

// at is the step that is shown.
func (b *tab) at() uint64 {
	b.t.Helper()
	var s string
	b.js("document.body.dataset.at", &s)
	n, err := strconv.ParseUint(s, 10, 64)
	require.NoError(b.t, err)
	return n
}

// press gives a key and waits until its move is made.
func (b *tab) press(key string) {
	b.t.Helper()
	b.run(chromedp.KeyEvent(key))
	b.settled()
}

// sameStates steps by keys and compares state hashes with a walk here.
func (b *tab) sameStates(l *course.Lesson) {
	b.t.Helper()
	f, err := l.Open()
	require.NoError(b.t, err)
	w, err := walk.Open(b.t.Context(), f, walk.Options{Options: scenario.Options{Engine: l.Engine}, Record: walk.DefaultRecord})
	require.NoError(b.t, err)
	defer w.Close()
	last := uint64(0)
	for _, key := range []string{kb.ArrowRight, kb.ArrowRight, kb.ArrowRight, "t", kb.End, kb.ArrowLeft} {
		if key == "t" && !slices.ContainsFunc(w.Marks(), func(m record.Mark) bool { return m.Kind&walk.Trap != 0 && m.At > last }) {
			continue // a litmus test has none
		}
		b.press(key)
		at := b.at()
		require.NotEqual(b.t, last, at, "after %q", key)
		last = at
		require.NoError(b.t, w.Goto(b.t.Context(), at))
		require.Equal(b.t, fmt.Sprintf("%016x", w.Hash()), b.ask(live.Request{Do: "hash"}).Hash, "step %d", at)
	}
	require.Contains(b.t, b.text("#where"), fmt.Sprintf("of %d", w.End()))
	var hash string
	b.js("location.hash", &hash)
	require.Contains(b.t, hash, "lesson="+l.Name)
	require.Contains(b.t, hash, fmt.Sprintf("step=%d", last))
}

// shownAsAnew compares what moves made of the page with the page opened at the same
// moment: fill leaves what did not change.
func (b *tab) shownAsAnew() {
	b.t.Helper()
	var hash, moved, differs string
	b.js("location.hash", &hash)
	b.js("document.querySelector('main').innerHTML", &moved)
	b.open(hash)
	text, err := json.Marshal(moved)
	require.NoError(b.t, err)
	b.js(`(moved => { const find = (a, b) => a.isEqualNode(b) ? "" : [...a.childNodes].map((c, i) => b.childNodes[i] && find(c, b.childNodes[i])).find(x => x) ?? a.parentNode.outerHTML + " is not " + b.parentNode.outerHTML;
		const parsed = text => { const e = document.createElement("main"); e.innerHTML = text; return e; };
		return find(parsed(moved), parsed(document.querySelector("main").innerHTML)); })(`+string(text)+")", &differs)
	require.Empty(b.t, differs)
}

// branched has somebody else go on than whose turn it is, where there is somebody.
func (b *tab) branched() {
	b.t.Helper()
	b.press(kb.Home)
	v := b.ask(live.Request{Do: "goto", At: 3}).View
	other := slices.IndexFunc(v.Able, func(able bool) bool { return able })
	for i, able := range v.Able {
		if able && i != v.Moment.Turn {
			other = i
		}
	}
	if other < 0 || other == v.Moment.Turn {
		return
	}
	b.run(chromedp.Click(fmt.Sprintf("#take-%d", other), chromedp.ByQuery))
	b.js("trapline.idle()", nil)
	require.Contains(b.t, b.text("#where"), "branch 1")
	h := b.ask(live.Request{Do: "hash"}).Hash
	var link string
	b.js("location.hash", &link)
	require.Contains(b.t, link, "schedule=")
	b.open(link)
	require.Equal(b.t, h, b.ask(live.Request{Do: "hash"}).Hash, "the link opens the same state")
}

// searched looks for a race, stops the search if it goes on, and plays what was found.
func (b *tab) searched() {
	b.t.Helper()
	var hidden bool
	b.js("document.getElementById('panel-search').hidden", &hidden)
	if hidden {
		return
	}
	b.js("document.querySelector('[name=preemptions]').value = '1'; document.getElementById('search').requestSubmit(); setTimeout(() => document.getElementById('stop-search').click(), 5000)", nil)
	b.run(chromedp.WaitVisible("#search-result .dim", chromedp.ByQuery))
	var found bool
	b.js("document.getElementById('play-found') !== null", &found)
	if found {
		b.js("document.getElementById('play-found').click(); new Promise(r => setTimeout(r, 700)).then(() => trapline.idle())", nil)
		b.press(kb.Escape)
		require.NotEmpty(b.t, b.ask(live.Request{Do: "end"}).View.Moment.Violated)
	}
}

// answered gives a wrong answer and then the right ones to all questions.
func (b *tab) answered(l *course.Lesson) {
	b.t.Helper()
	b.open("#lesson=" + l.Name)
	give := func(answer string) string {
		b.run(chromedp.SetValue("#answer", answer, chromedp.ByQuery))
		b.js("document.getElementById('answering').requestSubmit(); trapline.idle()", nil)
		return b.text("#verdict")
	}
	require.Contains(b.t, give("xyzzy"), "counts as no answer: expected ")
	wrong := l.Questions[0].Wrong[0]
	require.Contains(b.t, give(wrong.Answer), "Not that. "+wrong.Means)
	for _, q := range l.Questions {
		answer := ""
		if q.Task == nil {
			answer = q.Answers[0]
		} else {
			var err error
			answer, err = q.Task.Solve(context.Background())
			require.NoError(b.t, err)
		}
		require.Contains(b.t, give(answer), "Right", "%s: %s", q.Text, answer)
	}
	require.Contains(b.t, b.text("#question"), fmt.Sprintf("%d of %d right", len(l.Questions)-1, len(l.Questions)))
}

// accessible runs axe over what is shown.
func (b *tab) accessible() {
	b.t.Helper()
	source, err := os.ReadFile(*axe)
	require.NoError(b.t, err)
	b.run(chromedp.Evaluate(string(source)+";0", nil))
	end := b.ask(live.Request{Do: "end"}).View.Moment.At
	for _, at := range []uint64{0, end / 2, end} {
		b.ask(live.Request{Do: "goto", At: at})
		for _, s := range sizes {
			for _, dark := range []bool{false, true} {
				b.size(s.w, s.h, dark)
				var width int64
				b.js("document.documentElement.scrollWidth", &width)
				require.LessOrEqual(b.t, width, s.w, "the page is wider than its screen at step %d", at)
				require.Empty(b.t, b.axe(), "step %d, %d wide, dark %v", at, s.w, dark)
			}
		}
	}
}

// axe is what axe-core finds, one line each.
func (b *tab) axe() []string {
	b.t.Helper()
	var found string
	b.js(`axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + " " + n.target.join(" ") + ": " + n.any.map(x => x.message).join(" "))).join("\n"))`, &found)
	return strings.FieldsFunc(found, func(r rune) bool { return r == '\n' })
}

// The first view of a page from a disk is there after 1.5 s, a step takes 16 ms;
// -slack allows for a busy machine.
func TestTimes(t *testing.T) {
	b := openTab(t, browser(t))
	b.open("#lesson=10-two-cpus-one-probe")
	var first, step float64
	b.js("performance.getEntriesByName('first view')[0].startTime", &first)
	b.js(`(async () => { const l = []; for (let i = 0; i < 60; i++) { const t = performance.now(); await trapline.ask({do: "step"}); document.body.offsetHeight; l.push(performance.now() - t); } return l.sort((a, b) => a - b)[30]; })()`, &step)
	info, err := os.Stat(strings.TrimPrefix(b.url, "file://"))
	require.NoError(t, err)
	t.Logf("first view after %.0f ms, a step in %.1f ms (the middle one of 60), %d bytes", first, step, info.Size())
	require.Less(t, first, 1500**slack)
	require.Less(t, step, 16**slack)
	require.Less(t, info.Size(), int64(12<<20))
}

// Ten lessons as they look, for whoever looks at them.
func TestPictures(t *testing.T) {
	lessons, err := course.Lessons()
	require.NoError(t, err)
	b := openTab(t, browser(t))
	for _, i := range []int{1, 2, 5, 9, 11, 15, 19, 24, 26, 30} {
		b.size(1280, 900, false)
		b.open("#lesson=" + lessons[i].Name)
		at := b.ask(live.Request{Do: "mark", Kind: "trap"}).View.Moment.At
		for _, s := range sizes {
			b.size(s.w, s.h, i%2 == 0)
			b.ask(live.Request{Do: "goto", At: at + uint64(i)})
			b.picture(fmt.Sprintf("%02d-%d", i+1, s.w))
		}
	}
}
