package export

import (
	"bytes"
	"context"
	"fmt"

	"trapline/internal/printable"
	"trapline/internal/story"
	"trapline/internal/tui/walk"
)

// MaxText bounds the story of a text, in bytes; what is left out is said.
const MaxText = 64 << 20

// Text is the lesson and the story of the recorded run.
func Text(ctx context.Context, w *walk.Walk) ([]byte, error) { return textUpTo(ctx, w, MaxText) }

func textUpTo(ctx context.Context, w *walk.Walk, limit int) ([]byte, error) {
	var b bytes.Buffer
	out := printable.Writer{W: &b}
	fmt.Fprintf(out, "%s\n", w.Run.File.Text)
	teller := story.Teller{Level: story.Normal}
	if err := w.Goto(ctx, 0); err != nil {
		return nil, err
	}
	for w.At() < w.End() && b.Len() < limit {
		if n, err := w.Forward(ctx, 1); err != nil || n == 0 {
			return nil, err
		}
		fmt.Fprint(out, story.Text(teller.Tell(w.Describe(w.Event()))))
	}
	if left := w.End() - w.At(); left > 0 {
		fmt.Fprintf(out, "\n%d more steps are left out: the story has more than %d bytes\n", left, limit)
		if err := w.Goto(ctx, w.End()); err != nil {
			return nil, err
		}
	}
	fmt.Fprintf(out, "\nEnd after %d steps under engine %s. %s\n", w.End(), w.Run.Engine(), w.Run.Done())
	for _, v := range w.Run.Violations() {
		fmt.Fprintf(out, "violated %s\n", v)
	}
	return b.Bytes(), nil
}
