package export

import (
	"context"
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/record"
	"trapline/internal/tui/walk"
)

// Choice is which steps a page has. The zero value is the whole run, or its hits
// where the whole is too long and there are some.
type Choice struct {
	From, To uint64 // moments; To 0: the end
	Hits     bool   // only the hits of probes, with some steps around each
}

// Steps of the story around the one that begins a hit, and how many each hit has
// at least: of more hits than fit the first are shown.
const (
	beforeHit = 8
	aroundHit = 60
	minPerHit = 15
)

// span is a part of the run that a page has, of at most so many steps of the story.
type span struct {
	from, to uint64
	steps    int
}

// spans are the parts of the run that a page has, and what is left out, "" for
// nothing. hit is the moment at which the page opens.
func (c Choice) spans(ctx context.Context, w *walk.Walk) (list []span, hit uint64, left string, err error) {
	if c.To == 0 {
		c.To = w.End()
	}
	if c.From > c.To || c.To > w.End() {
		return nil, 0, "", fmt.Errorf("from step %d to step %d: expected two steps of 0 to %d, the earlier one first", c.From, c.To, w.End())
	}
	if !c.Hits {
		n, last, err := told(ctx, w, c.From, c.To, MaxMoments)
		switch {
		case err != nil:
			return nil, 0, "", err
		case n < MaxMoments || last == c.To:
			return []span{{c.From, c.To, MaxMoments}}, c.From, outside(c, w), nil
		}
		hits, unseen, err := hitsIn(ctx, w, c, 1)
		if err != nil {
			return nil, 0, "", err
		}
		if len(hits) == 0 && unseen == 0 {
			left := fmt.Sprintf("%d steps from step %d on are left out: a page has at most %d steps of the story", c.To-last, last, MaxMoments)
			return []span{{c.From, c.To, MaxMoments}}, c.From, left, nil
		}
	}
	hits, unseen, err := hitsIn(ctx, w, c, MaxMoments/minPerHit)
	if err != nil {
		return nil, 0, "", err
	}
	if len(hits) == 0 {
		return nil, 0, "", fmt.Errorf("no probe is hit from step %d to step %d", c.From, c.To)
	}
	shown := hits[:min(len(hits), MaxMoments/minPerHit)]
	per := min(MaxMoments/len(shown), aroundHit)
	for i, at := range shown {
		from, err := before(ctx, w, at, c.From)
		if err != nil {
			return nil, 0, "", err
		}
		to := c.To
		if i+1 < len(hits) {
			to = hits[i+1] - 1
		}
		if n := len(list); n > 0 {
			from = max(from, shown[i-1])
		}
		list = append(list, span{from, to, per})
	}
	count := fmt.Sprint(len(hits))
	if unseen > 0 {
		count += " or more"
	}
	left = fmt.Sprintf("Of %d steps the page has %d of %s hits, with up to %d steps of the story each; what lies between is left out.", w.End(), len(shown), count, per)
	if unseen > 0 {
		left += fmt.Sprintf(" Behind step %d no hits were looked for: --from finds them.", unseen)
	}
	return list, shown[0], left, nil
}

// outside says which steps lie outside of what was asked for.
func outside(c Choice, w *walk.Walk) string {
	if n := c.From + w.End() - c.To; n > 0 {
		return fmt.Sprintf("Of %d steps the page has those from %d to %d.", w.End(), c.From, c.To)
	}
	return ""
}

// hitsIn are the moments at which hits begin: all that have marks, and of later ones as
// many as are missing to enough. unseen is the step behind which none was looked
// for, 0 for none.
func hitsIn(ctx context.Context, w *walk.Walk, c Choice, enough int) (l []uint64, unseen uint64, err error) {
	for _, m := range w.Marks() {
		if m.Kind&walk.Hit != 0 && m.At >= c.From && m.At <= c.To {
			l = append(l, m.At)
		}
	}
	unmarked := w.Unmarked()
	if unmarked == 0 || unmarked > c.To {
		return l, 0, nil
	}
	if err := w.Goto(ctx, max(unmarked, c.From, 1)-1); err != nil {
		return nil, 0, err
	}
	for len(l) < enough {
		found, err := w.ToMark(ctx, record.Forward, walk.Hit)
		if err != nil {
			return nil, 0, err
		}
		if !found || w.At() > c.To {
			return l, 0, nil
		}
		l = append(l, w.At())
	}
	return l, w.At(), nil
}

// before is the moment some steps of the story before another one.
func before(ctx context.Context, w *walk.Walk, at, from uint64) (uint64, error) {
	if err := w.Goto(ctx, at); err != nil {
		return 0, err
	}
	for range beforeHit {
		if w.At() <= from {
			break
		}
		if err := w.To(ctx, record.Backward, w.Told); err != nil {
			return 0, err
		}
	}
	return max(w.At(), from), nil
}

// told counts the steps of the story from one moment to another, up to a number,
// and gives the last one's moment.
func told(ctx context.Context, w *walk.Walk, from, to uint64, most int) (n int, last uint64, err error) {
	err = each(ctx, w, span{from, to, most}, func() error { n++; return nil })
	return n, w.At(), err
}

// each calls f at a span's first moment and after each step of the story in it.
func each(ctx context.Context, w *walk.Walk, s span, f func() error) error {
	if err := w.Goto(ctx, s.from); err != nil {
		return err
	}
	if err := f(); err != nil {
		return err
	}
	for n := 1; n < s.steps && w.At() < s.to; n++ {
		if err := w.To(ctx, record.Forward, func(ev *emu.Event) bool { return w.Told(ev) || w.At() >= s.to }); err != nil {
			return err
		}
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}
