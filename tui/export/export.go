// Package export writes a walk down for those who have no terminal at hand: a
// self-contained web page, the timeline as SVG, the story as text, a recording
// for asciinema. It returns bytes and writes nothing.
package export

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"trapline/emu"
	"trapline/emu/record"
	"trapline/tui/walk"
)

// MaxMoments bounds the steps of a page or a cast; what is left out is said.
const MaxMoments = 1500

// Formats are the endings of file names that Export knows.
var Formats = []string{".html", ".svg", ".txt", ".cast"}

// Export makes the content of a file by its name's ending.
func Export(ctx context.Context, w *walk.Walk, name string) ([]byte, error) {
	switch ext := filepath.Ext(name); ext {
	case ".html":
		return HTML(ctx, w)
	case ".svg":
		return SVG(w), nil
	case ".txt":
		return Text(ctx, w)
	case ".cast":
		return Cast(ctx, w)
	default:
		return nil, fmt.Errorf("%s: cannot export %q; expected a name that ends in one of %s", name, ext, strings.Join(Formats, " "))
	}
}

// told calls f at the start and after each step that the story tells, up to
// MaxMoments; it reports how many steps were left out.
func told(ctx context.Context, w *walk.Walk, f func() error) (left uint64, err error) {
	if err := w.Goto(ctx, 0); err != nil {
		return 0, err
	}
	if err := f(); err != nil {
		return 0, err
	}
	for n := 1; n < MaxMoments && w.At() < w.End(); n++ {
		if err := w.To(ctx, record.Forward, func(ev *emu.Event) bool { return w.Told(ev) || w.At() >= w.End() }); err != nil {
			return 0, err
		}
		if err := f(); err != nil {
			return 0, err
		}
	}
	return w.End() - w.At(), nil
}
