package record

import (
	"context"
	"errors"

	"trapline/internal/emu"
)

// Direction is the way of a move through time.
type Direction int8

// The two directions.
const (
	Forward  Direction = 1
	Backward Direction = -1
)

// Search goes to the nearest other moment whose step matches, such as one that
// writes a watched address. Forwards the run goes on behind the end of the
// recording; backwards the last match before the present moment is meant. It
// reports false, and stays, if there is none. A context that ends leaves it where it
// got: between there and where it began nothing matches.
func (t *Timeline) Search(ctx context.Context, d Direction, match func(*emu.Event) bool) (bool, error) {
	from := t.at
	var found bool
	var err error
	if d == Backward {
		found, err = t.searchBack(ctx, match)
	} else {
		found, err = t.searchOn(ctx, match)
	}
	if !found && err == nil {
		err = t.Goto(context.WithoutCancel(ctx), from)
	}
	return found, err
}

func (t *Timeline) searchOn(ctx context.Context, match func(*emu.Event) bool) (bool, error) {
	for {
		from := t.at
		_, err := t.Forward(ctx, 1)
		if t.at > from && match(t.last) { // made, even if the context ends with it
			return true, nil
		}
		if err != nil || t.at == from {
			return false, err
		}
	}
}

// searchBack looks at the stretches between checkpoints, the latest first.
func (t *Timeline) searchBack(ctx context.Context, match func(*emu.Event) bool) (bool, error) {
	limit := t.at // moments below are looked at
	for limit > 1 {
		i := t.line.points.before(limit - 1)
		t.restore(i)
		start, last := t.at, uint64(0)
		for t.at+1 < limit {
			if n, err := t.Forward(ctx, 1); err != nil || n == 0 {
				return false, errors.Join(err, t.Goto(context.WithoutCancel(ctx), limit))
			}
			if match(t.last) {
				last = t.at
			}
		}
		if last > 0 {
			return true, t.Goto(ctx, last)
		}
		limit = start + 1
	}
	return false, nil
}
