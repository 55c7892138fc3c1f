package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/charmbracelet/x/term"
)

const (
	tracingIsLong = 2 * time.Second
	redrawEvery   = 250 * time.Millisecond
)

// progress is a line on the terminal that tells how far a long run is. It is drawn and erased by the goroutine of the
// run, which writes the program's output too, and never stands in the middle of a line of that.
type progress struct {
	w         io.Writer
	ctx       context.Context
	now       func() time.Time
	limit     uint64        // the bound on instructions if the user gave one, or 0
	hits      func() uint64 // nil: there are no probes
	start     time.Time
	drawn     time.Time
	shown     bool
	midOfLine bool
}

// newProgress is nil where nobody looks: standard error is no terminal.
func newProgress(ctx context.Context, w io.Writer, limit uint64) *progress {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(f.Fd()) {
		return nil
	}
	return &progress{w: w, ctx: ctx, now: time.Now, limit: limit, start: time.Now()}
}

// turn follows every turn of the run.
func (p *progress) turn(steps uint64) {
	now := p.now()
	if now.Sub(p.start) < tracingIsLong || now.Sub(p.drawn) < redrawEvery || p.midOfLine {
		return
	}
	p.drawn, p.shown = now, true
	fmt.Fprintf(p.w, "\r\x1b[K%s", p.text(now, steps))
}

func (p *progress) text(now time.Time, steps uint64) string {
	spent := now.Sub(p.start)
	rate := float64(steps) / spent.Seconds()
	s := fmt.Sprintf("trapline: %v, %d million instructions, %.0f M/s", spent.Round(time.Second), steps/1e6, rate/1e6)
	if p.hits != nil {
		s += fmt.Sprintf(", %d hits", p.hits())
	}
	var left time.Duration
	if p.limit > 0 && rate > 0 {
		left = time.Duration(float64(p.limit-min(steps, p.limit)) / rate * float64(time.Second))
	}
	if end, ok := p.ctx.Deadline(); ok && (left == 0 || end.Sub(now) < left) {
		left = end.Sub(now)
	}
	if left > 0 {
		s += fmt.Sprintf(", at most %v more", left.Round(time.Second))
	}
	return s
}

// erase takes the line away.
func (p *progress) erase() {
	if p != nil && p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
}

// guarded is an output of the program before which the line goes away.
type guarded struct {
	w io.Writer
	p *progress
}

func (g guarded) Write(b []byte) (int, error) {
	g.p.erase()
	if len(b) > 0 {
		g.p.midOfLine = b[len(b)-1] != '\n'
	}
	return g.w.Write(b)
}

// guardedReader is the program's input, at which the line would be in the way of what is typed.
type guardedReader struct {
	r io.Reader
	p *progress
}

func (g guardedReader) Read(b []byte) (int, error) {
	g.p.erase()
	return g.r.Read(b)
}
