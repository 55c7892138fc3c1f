package export

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"trapline/internal/printable"
	"trapline/internal/tui"
	"trapline/internal/tui/walk"
)

// A cast's terminal, in cells, and its pace.
const (
	castWidth   = 120
	castHeight  = 40
	castSeconds = 1.2 // a step
)

// castHeader is the first line of an asciicast file, version 2.
type castHeader struct {
	Version int    `json:"version"`
	Width   int    `json:"width"`
	Height  int    `json:"height"`
	Title   string `json:"title"`
}

// Cast plays the walk in the terminal UI, one step of the story after the
// other, as an asciicast (version 2) for asciinema.
func Cast(ctx context.Context, w *walk.Walk) (data []byte, left string, err error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	if err := enc.Encode(castHeader{2, castWidth, castHeight, printable.Name(w.Run.File.Title())}); err != nil {
		return nil, "", err
	}
	m, err := tui.New(ctx, w, tui.Options{})
	if err != nil {
		return nil, "", err
	}
	at := 0.0
	err = each(ctx, w, span{0, w.End(), MaxMoments}, func() error {
		screen := "\x1b[?25l\x1b[H" + strings.ReplaceAll(m.Screen(castWidth, castHeight), "\n", "\r\n")
		err := enc.Encode([]any{at, "o", screen})
		at += castSeconds
		return err
	})
	if n := w.End() - w.At(); n > 0 {
		left = fmt.Sprintf("the last %d steps are left out", n)
	}
	return b.Bytes(), left, err
}
