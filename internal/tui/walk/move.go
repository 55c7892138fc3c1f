package walk

import (
	"context"
	"errors"
	"slices"

	"trapline/internal/emu"
	"trapline/internal/record"
	"trapline/internal/scenario"
	"trapline/internal/x86"
)

// Told reports whether a step is one that the normal story tells: not one of
// the kernel's own instructions that only move values about, but the one of a
// line of C that says what the line is for.
func (w *Walk) Told(ev *emu.Event) bool {
	if ev.Kind == emu.StepIdle {
		return raised(ev)
	}
	if ev.Kind != emu.StepInstruction || !w.names.Image.InKernelText(ev.PC) || ev.Raised != nil || len(ev.Notes) > 0 ||
		ev.Micro != nil && ev.Micro.Why != "" {
		return true
	}
	return (ev.Before.RFLAGS^ev.After.RFLAGS)&(x86.IF|x86.TF) != 0
}

// raised reports whether a step was the raising of an interrupt.
func raised(ev *emu.Event) bool {
	for _, n := range ev.Notes {
		if n.Kind == scenario.NoteRaised {
			return true
		}
	}
	return false
}

// Own reports whether a step is an instruction of the scenario's own code, not
// of a copy of it.
func (w *Walk) Own(ev *emu.Event) bool {
	return ev.Kind == emu.StepInstruction && w.world.own(ev.CPU, ev.PC)
}

// To goes to the nearest moment in a direction whose step satisfies f, or to
// the start or end of the run.
func (w *Walk) To(ctx context.Context, d record.Direction, f func(*emu.Event) bool) error {
	found, err := w.Search(ctx, d, f)
	switch {
	case found || err != nil:
		return err
	case d == record.Backward:
		return w.Goto(ctx, 0)
	}
	return w.Goto(ctx, w.End())
}

// ToMark goes to the nearest step of a kind; it stays and reports false if
// there is none. Forwards the run goes on behind the end of the recording; a context
// that ends leaves it as far as that got.
func (w *Walk) ToMark(ctx context.Context, d record.Direction, k record.Kind) (bool, error) {
	unmarked := w.Unmarked()
	if unmarked > 0 && d == record.Backward && w.At() > unmarked {
		return w.Search(ctx, d, w.is(k))
	}
	if m, ok := w.Marked(d, k); ok {
		return true, w.Goto(ctx, m.At)
	}
	if unmarked > 0 && d == record.Forward {
		return w.searchUnmarked(ctx, unmarked, k)
	}
	if d == record.Backward {
		return false, nil
	}
	from := w.At()
	found, err := w.extendTo(ctx, k)
	if !found && err == nil {
		err = w.Goto(context.WithoutCancel(ctx), from)
	}
	return found, err
}

// is makes a match of steps of a kind, which are made again.
func (w *Walk) is(k record.Kind) func(*emu.Event) bool {
	return func(ev *emu.Event) bool { return w.kindOf(ev)&k != 0 }
}

// searchUnmarked goes to the next step of a kind behind those that have marks, the
// first of which is unmarked.
func (w *Walk) searchUnmarked(ctx context.Context, unmarked uint64, k record.Kind) (bool, error) {
	from := w.At()
	if from < unmarked {
		if err := w.Goto(ctx, unmarked-1); err != nil {
			return false, err
		}
	}
	found, err := w.Search(ctx, record.Forward, w.is(k))
	if !found && err == nil {
		err = w.Goto(context.WithoutCancel(ctx), from)
	}
	return found, err
}

// MarkedHere reports whether the step that led to the present moment is of a kind.
func (w *Walk) MarkedHere(k record.Kind) bool {
	if u := w.Unmarked(); u > 0 && w.At() >= u {
		return w.Event() != nil && w.kindOf(w.Event())&k != 0
	}
	for _, m := range slices.Backward(w.Marks()) {
		if m.At <= w.At() {
			return m.At == w.At() && m.Kind&k != 0
		}
	}
	return false
}

// extendTo goes on behind the end of the recording until a step of kind k.
func (w *Walk) extendTo(ctx context.Context, k record.Kind) (bool, error) {
	for {
		end := w.End()
		if err := w.Goto(ctx, end); err != nil {
			return false, err
		}
		n, err := w.Forward(ctx, extend)
		ended := w.At()
		if back := w.Goto(context.WithoutCancel(ctx), end); back != nil {
			return false, errors.Join(err, back)
		}
		if m, ok := w.Marked(record.Forward, k); ok {
			return true, w.Goto(context.WithoutCancel(ctx), m.At)
		}
		if err != nil || n == 0 {
			return false, errors.Join(err, w.Goto(context.WithoutCancel(ctx), ended))
		}
	}
}

// extend is how many steps extendTo adds to a recording at a time.
const extend = 10_000

// Writes makes a match of steps that change a byte of [addr, addr+n).
func Writes(addr, n uint64) func(*emu.Event) bool {
	return func(ev *emu.Event) bool { return wrote(ev, addr, n) }
}
