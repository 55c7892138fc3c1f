package export

import (
	"bytes"
	"context"
	"fmt"

	"trapline/scenarios/story"
	"trapline/tui/walk"
)

// Text is the lesson and the story of the recorded run.
func Text(ctx context.Context, w *walk.Walk) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n", w.Run.File.Text)
	teller := story.Teller{Level: story.Normal}
	if err := w.Goto(ctx, 0); err != nil {
		return nil, err
	}
	for w.At() < w.End() {
		if n, err := w.Forward(ctx, 1); err != nil || n == 0 {
			return nil, err
		}
		b.WriteString(story.Text(teller.Tell(w.Describe(w.Event()))))
	}
	fmt.Fprintf(&b, "\nEnd after %d steps under engine %s. %s\n", w.End(), w.Run.Engine(), w.Run.Done())
	for _, v := range w.Run.Violations() {
		fmt.Fprintf(&b, "violated %s\n", v)
	}
	return b.Bytes(), nil
}
