package story

import "trapline/internal/emu"

// brief tells a step in one line: what it was, of an instruction what it
// changed if there is room, and of a micro-step the row. Reasons, frames and
// what kernel-side work wrote are left out.
func (t *Teller) brief(r *Record) []Line {
	l := start(r)
	switch {
	case r.Kind == emu.StepFlush.String():
		return []Line{t.flush(r)}
	case r.Refetched != nil:
		return []Line{t.refetch(r)}
	case isCall(r):
		l = t.code(r)
	case r.Delivery != nil:
		return t.quiet(r)
	case r.Source != nil && r.Kind != emu.StepMicro.String():
		l.add(Place, r.Source.Func, placeWidth-1)
		l.add(Plain, " ", 0)
		l.add(Code, r.Source.Code, 0)
	case r.Micro != nil:
		l.add(Work, "* "+workName(r.Micro), workWidth)
		l.add(Row, " "+r.Micro.Row, 0)
	default:
		l = t.withChanges(t.code(r), r)[0]
	}
	return append([]Line{l}, t.notes(r)...)
}
