package export

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"

	"trapline/internal/printable"
	"trapline/internal/tui/walk"
	"trapline/internal/web"
	"trapline/internal/web/live"
)

// recorded is what a page that plays back works on: see recordedMachine in
// internal/web/ui/machine.js.
type recorded struct {
	Scene   *live.Scene    `json:"scene"`
	Moments []*walk.Moment `json:"moments"`
	Marks   []live.Mark    `json:"marks"`
	First   int            `json:"first"` // the moment that it opens at, by number
	Left    string         `json:"left,omitempty"`
	// Unmarked is the first step behind which marks are left out but for those of
	// Moments; 0: none is.
	Unmarked uint64 `json:"unmarked,omitempty"`
}

// MaxLiveFiles bounds the files that a live page takes along, in bytes together.
const MaxLiveFiles = 16 << 20

// ErrFilesTooLarge is returned for a live page of a scenario with more than MaxLiveFiles.
var ErrFilesTooLarge = fmt.Errorf("the scenario's files have more than %d bytes, the most that a live page takes along: without --live it plays back", MaxLiveFiles)

// Live is a page of "make web" that opens the walk's scenario, under its engine,
// with its schedule and the files that it names, at the moment that the walk stands at.
func Live(ctx context.Context, w *walk.Walk, page []byte) ([]byte, error) {
	at := w.At()
	r, err := w.Recording(ctx, "") // with its listing: a browser has no assembler
	if err != nil {
		return nil, err
	}
	size := 0
	for _, data := range r.Files {
		size += len(data)
	}
	if size > MaxLiveFiles {
		return nil, ErrFilesTooLarge
	}
	if err := w.Goto(ctx, w.End()); err != nil {
		return nil, err
	}
	q := live.Request{Do: "open", File: string(r.Scenario), Files: r.Files, Engine: w.Run.Engine(), Schedule: w.Schedule(), At: at}
	request, err := json.Marshal(q) // escapes <, > and &, so it may stand in a script
	if err != nil {
		return nil, err
	}
	return web.Opening(page, request)
}

// HTML makes one page with everything in it: no network is needed, and a
// policy in the page forbids it. It tells what is left out, "" for nothing.
func HTML(ctx context.Context, w *walk.Walk, c Choice) (page []byte, left string, err error) {
	spans, first, left, err := c.spans(ctx, w)
	if err != nil {
		return nil, "", err
	}
	d := recorded{Scene: live.SceneOf(w), Left: left}
	d.Marks, d.Unmarked = live.Marks(w)
	d.Scene.Title, d.Scene.Text = printable.Name(d.Scene.Title), printable.Text(d.Scene.Text)
	for _, s := range spans {
		err := each(ctx, w, s, func() error {
			if n := len(d.Moments); n > 0 && w.At() <= d.Moments[n-1].At {
				return nil // spans that meet
			}
			if w.At() <= first {
				d.First = len(d.Moments)
			}
			m := w.Moment(walk.Look{CPU: -1, Code: 24, Stack: 24})
			d.Moments = append(d.Moments, m)
			if d.Unmarked > 0 && w.At() >= d.Unmarked && w.MarkedHere(walk.Hit) {
				d.Marks = append(d.Marks, live.Mark{At: m.At, CPU: uint8(m.CPU), Kind: walk.Hit})
			}
			return nil
		})
		if err != nil {
			return nil, "", err
		}
	}
	data, err := json.Marshal(d)
	if err != nil {
		return nil, "", err
	}
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, "", err
	}
	if _, err := z.Write(data); err != nil {
		return nil, "", err
	}
	if err := z.Close(); err != nil {
		return nil, "", err
	}
	page, err = web.Page(web.Parts{Title: d.Scene.Title, Data: packed.Bytes()})
	return page, left, err
}
