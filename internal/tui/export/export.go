// Package export writes a walk down for those who have no terminal at hand: a
// self-contained web page, the timeline as SVG, the story as text, a recording
// for asciinema. It returns bytes and writes nothing.
package export

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"trapline/internal/tui/walk"
)

// MaxMoments bounds the steps of a page or a cast; what is left out is said.
const MaxMoments = 1500

// Formats are the endings of file names that Export knows.
var Formats = []string{".html", ".svg", ".txt", ".cast"}

// Export makes the content of a file by its name's ending, and tells what is left
// out of it, "" for nothing. Only a page has a choice of steps.
func Export(ctx context.Context, w *walk.Walk, name string, c Choice) (data []byte, left string, err error) {
	switch ext := filepath.Ext(name); ext {
	case ".html":
		return HTML(ctx, w, c)
	case ".svg":
		if u := w.Unmarked(); u > 0 {
			left = fmt.Sprintf("The timeline has no marks from step %d on.", u)
		}
		return SVG(w), left, nil
	case ".txt":
		data, err = Text(ctx, w)
	case ".cast":
		return Cast(ctx, w)
	default:
		err = fmt.Errorf("%s: cannot export %q; expected a name that ends in one of %s", name, ext, strings.Join(Formats, " "))
	}
	return data, "", err
}
