package export

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/format"
	"trapline/internal/loader"
	"trapline/internal/scenario"
	"trapline/internal/scenario/programworld"
	"trapline/internal/tui/walk"
	"trapline/internal/web"
	"trapline/internal/web/live"
)

func open(t *testing.T, name string) *walk.Walk {
	t.Helper()
	f, err := scenario.Load(name)
	require.NoError(t, err)
	w, err := walk.Open(t.Context(), f, walk.Options{Record: walk.DefaultRecord})
	require.NoError(t, err)
	t.Cleanup(w.Close)
	return w
}

func exported(t *testing.T, scenario, ext string) []byte {
	t.Helper()
	data, left, err := Export(t.Context(), open(t, scenario), "x"+ext, Choice{})
	require.NoError(t, err)
	require.Empty(t, left)
	return data
}

func TestThePageNeedsNoNetwork(t *testing.T) {
	page := string(exported(t, "first-probe", ".html"))
	require.NotRegexp(t, `(?i)(src|href)\s*=`, page)
	for _, u := range regexp.MustCompile(`https?://[^"'\s]*`).FindAllString(page, -1) {
		require.Equal(t, "http://www.w3.org/2000/svg", u, "a name, not an address")
	}
	require.Contains(t, page, `default-src 'none'`)
}

func TestTheTimelineIsWellFormedXML(t *testing.T) {
	svg := exported(t, "smp-missed-probe", ".svg")
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
	}
	require.Contains(t, string(svg), "cpu1")
	require.Contains(t, string(svg), "●")
}

func TestTheTextIsTheStory(t *testing.T) {
	text := string(exported(t, "first-probe", ".txt"))
	require.Contains(t, text, "TRAP 3 #BP breakpoint")
	require.Contains(t, text, "[regs->eip] 0xc040000c -> 0xc040000b target", "saved registers by name")
	require.Contains(t, text, "End after")
}

func TestTheCastIsAsciicast(t *testing.T) {
	d := json.NewDecoder(bytes.NewReader(exported(t, "first-probe", ".cast")))
	var h castHeader
	require.NoError(t, d.Decode(&h))
	require.Equal(t, castHeader{2, castWidth, castHeight, h.Title}, h)
	last := -1.0
	for d.More() {
		var ev []any
		require.NoError(t, d.Decode(&ev))
		require.Len(t, ev, 3)
		at := ev[0].(float64)
		require.Greater(t, at, last)
		require.Equal(t, "o", ev[1])
		last = at
	}
	require.Greater(t, last, 10.0)
}

func TestUnknownEndings(t *testing.T) {
	_, _, err := Export(t.Context(), open(t, "first-probe"), "x.pdf", Choice{})
	require.ErrorContains(t, err, ".html .svg .txt .cast")
}

// data is what a page that plays back works on.
func data(t *testing.T, page []byte) (d recorded) {
	t.Helper()
	m := regexp.MustCompile(`<script type="text/plain" id="data">([^<]*)</script>`).FindSubmatch(page)
	require.NotNil(t, m)
	z, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, bytes.NewReader(m[1])))
	require.NoError(t, err)
	require.NoError(t, json.NewDecoder(z).Decode(&d))
	return d
}

// A program of 28,000 steps with five hits: a page of its hits, small, that opens at
// the first one and says what is left out.
func TestALongProgramsPageHasItsHits(t *testing.T) {
	w := long(t)
	require.Greater(t, w.End(), uint64(28_000))
	page, left, err := HTML(t.Context(), w, Choice{})
	require.NoError(t, err)
	require.Less(t, len(page), 2<<20)
	require.Regexp(t, `^Of 28\d\d\d steps the page has 5 of 5 hits, with up to 60 steps of the story each; `, left)
	d := data(t, page)
	require.Equal(t, left, d.Left)
	hits, unseen, err := hitsIn(t.Context(), w, Choice{To: w.End()}, 100)
	require.NoError(t, err)
	require.Zero(t, unseen)
	require.Len(t, hits, 5)
	require.Equal(t, hits[0], d.Moments[d.First].At)
	at := map[uint64]bool{}
	last := uint64(0)
	for i, m := range d.Moments {
		require.True(t, i == 0 || m.At > last)
		at[m.At], last = true, m.At
	}
	for _, h := range hits {
		require.True(t, at[h])
	}

	_, left, err = HTML(t.Context(), w, Choice{From: hits[1], Hits: true})
	require.NoError(t, err)
	require.Contains(t, left, "4 of 4 hits")
	page, left, err = HTML(t.Context(), w, Choice{From: 10, To: 60})
	require.NoError(t, err)
	require.Contains(t, left, "those from 10 to 60")
	d = data(t, page)
	require.EqualValues(t, 10, d.Moments[0].At)
	require.EqualValues(t, 60, d.Moments[len(d.Moments)-1].At)
	for _, c := range []Choice{{From: 60, To: 10}, {To: w.End() + 1}} {
		_, _, err = HTML(t.Context(), w, c)
		require.ErrorContains(t, err, "the earlier one first")
	}
	_, _, err = HTML(t.Context(), w, Choice{To: 5, Hits: true})
	require.ErrorContains(t, err, "no probe is hit from step 0 to step 5")
}

// Hits that have no marks for want of room are looked for, and found by the page's buttons.
func TestHitsWithoutMarksAreFound(t *testing.T) {
	want, _, err := hitsIn(t.Context(), long(t), Choice{To: 1 << 20}, 100)
	require.NoError(t, err)
	w := longMarked(t, 12)
	require.Positive(t, w.Unmarked())
	require.Less(t, w.Unmarked(), want[3])
	page, left, err := HTML(t.Context(), w, Choice{})
	require.NoError(t, err)
	require.Contains(t, left, "the page has 5 of 5 hits")
	d := data(t, page)
	require.Equal(t, w.Unmarked(), d.Unmarked)
	var marked []uint64
	for _, m := range d.Marks {
		if m.Kind&walk.Hit != 0 {
			marked = append(marked, m.At)
		}
	}
	require.Equal(t, want, marked)

	hits, unseen, err := hitsIn(t.Context(), w, Choice{To: w.End()}, 4)
	require.NoError(t, err)
	require.Equal(t, want[:4], hits)
	require.Equal(t, want[3], unseen, "what was not looked for is said")
	hits, unseen, err = hitsIn(t.Context(), w, Choice{From: want[1] + 1, To: want[3]}, 100)
	require.NoError(t, err)
	require.Zero(t, unseen)
	require.Equal(t, want[2:4], hits)
	_, left, err = Export(t.Context(), w, "x.svg", Choice{})
	require.NoError(t, err)
	require.Contains(t, left, "no marks from step")
}

// A live page opens the scenario with its listing, engine and schedule, at the step
// at which the walk stands.
func TestALivePageOpensTheRun(t *testing.T) {
	w := open(t, "smp-missed-probe")
	require.NoError(t, w.Goto(t.Context(), 30))
	require.NoError(t, w.Take((turn(t, w)+1)%2))
	site, err := web.Page(web.Parts{Title: "site", Machine: []byte("machine")})
	require.NoError(t, err)
	page, err := Live(t.Context(), w, site)
	require.NoError(t, err)
	m := regexp.MustCompile(`<script type="application/json" id="opening">([^<]*)</script>`).FindSubmatch(page)
	require.NotNil(t, m)
	var q live.Request
	require.NoError(t, json.Unmarshal(m[1], &q))
	require.EqualValues(t, 31, q.At)
	f, err := format.Parse("x.txtar", []byte(q.File))
	require.NoError(t, err)
	require.NotNil(t, f.Listing)
	r, s, err := scenario.OpenScheduled(t.Context(), &scenario.File{File: f}, scenario.Options{Engine: q.Engine, Scheduled: true}, q.Schedule)
	require.NoError(t, err)
	r.Close()
	require.Equal(t, w.End(), s.Steps())

	_, err = Live(t.Context(), w, []byte("a page"))
	require.ErrorIs(t, err, web.ErrNotLive)
}

// A live page takes along the program that its scenario names, and opens in the state
// of the walk without any other file.
func TestALivePageWithFiles(t *testing.T) {
	f, err := scenario.Load("xol-slot")
	require.NoError(t, err)
	r, err := scenario.Open(t.Context(), f, scenario.Options{})
	require.NoError(t, err)
	var program []byte
	r.Visit(nil, func(p *programworld.World) { program, err = loader.ELF(p.Image()) })
	r.Close()
	require.NoError(t, err)
	open := func(program []byte) *walk.Walk {
		t.Helper()
		traced := scenario.HostProgram{Path: "/bin/prog", Program: program, Args: []string{"prog"}, CPUs: 1, Memory: 16 << 20, Events: []string{"p:add /bin/prog:add"}}
		file, err := traced.File()
		require.NoError(t, err)
		require.NotEmpty(t, file.Named())
		w, err := walk.Open(t.Context(), file, walk.Options{Record: 1000})
		require.NoError(t, err)
		t.Cleanup(w.Close)
		return w
	}
	w := open(program)
	require.NoError(t, w.Goto(t.Context(), w.End()/2))
	hash := fmt.Sprintf("%016x", w.Hash())
	site, err := web.Page(web.Parts{Title: "site", Machine: []byte("machine")})
	require.NoError(t, err)
	page, err := Live(t.Context(), w, site)
	require.NoError(t, err)
	opening := regexp.MustCompile(`<script type="application/json" id="opening">([^<]*)</script>`).FindSubmatch(page)
	require.NotNil(t, opening)

	var got live.Answer
	m := live.New("test", func(text string) {
		got = live.Answer{}
		require.NoError(t, json.Unmarshal([]byte(text), &got))
	})
	m.Handle(string(opening[1]))
	require.Empty(t, got.Error)
	defer m.Close()
	require.NotEmpty(t, got.View.Moment.Processes)
	require.Contains(t, got.View.Moment.Probes[0].At, "add")
	m.Handle(`{"id":2,"do":"hash"}`)
	require.Equal(t, hash, got.Hash)

	_, err = Live(t.Context(), open(append(program, make([]byte, MaxLiveFiles)...)), site)
	require.ErrorIs(t, err, ErrFilesTooLarge)
}

func turn(t *testing.T, w *walk.Walk) int {
	t.Helper()
	actor, ok := w.Turn()
	require.True(t, ok)
	return actor
}

// long is a program that counts, calls a probed function, and counts again, five times.
func long(t *testing.T) *walk.Walk { return longMarked(t, 0) }

// longMarked is long with a bound on its marks.
func longMarked(t *testing.T, marks int) *walk.Walk {
	t.Helper()
	f, err := format.Parse("long.txtar", []byte(`A program of many steps.
-- machine --
arch x86_64
engine uprobes
-- text.S --
	.globl _start, add
_start:
	movl $5, %ebx
again:
	movl $2800, %ecx
count:
	decl %ecx
	jnz count
	call add
	decl %ebx
	jnz again
	movl $60, %eax
	syscall
	.type add, @function
add:
	addl $4, %edi
	ret
-- uprobe_events --
p:add /prog:add
`))
	require.NoError(t, err)
	w, err := walk.Open(t.Context(), &scenario.File{File: f}, walk.Options{Record: walk.DefaultRecord, Marks: marks})
	require.NoError(t, err)
	t.Cleanup(w.Close)
	return w
}

// Every kind of export of a Linux program: its processes and slots are in the
// page, its marks in the timeline, its slots in the story.
func TestExportsOfAProgram(t *testing.T) {
	page := exported(t, "cow-two-processes", ".html")
	d := data(t, page)
	require.NotEmpty(t, d.Scene.States)
	most := 0
	for _, x := range d.Moments {
		require.Empty(t, x.Gates)
		most = max(most, len(x.Processes))
	}
	require.Equal(t, 2, most)
	require.Contains(t, string(exported(t, "cow-two-processes", ".svg")), "</tspan> switch")
	require.Contains(t, string(exported(t, "xol-slot", ".txt")), "xol_slot1")
	require.Contains(t, string(exported(t, "xol-slot", ".cast")), "copy of add")
}
