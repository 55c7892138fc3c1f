package scenario

import (
	"fmt"
	"slices"

	"trapline/internal/scenario/world"
)

// Handler is a handler of a probe in Go, Hit what it works on.
type (
	Handler = world.Handler
	Hit     = world.Hit
)

// Handle has h called in the place of a probe's actions of a kind: pre, post or
// fault, of a Linux program pre or ret.
func (f *File) Handle(probe, kind string, h Handler) error {
	kinds := f.HandlerKinds()
	var names []string
	for i := range f.Probes {
		names = append(names, f.Probes[i].Name)
	}
	switch {
	case !slices.Contains(names, probe):
		return fmt.Errorf("%s: no probe %q; expected one of %q", f.Name, probe, names)
	case !slices.Contains(kinds, kind):
		return fmt.Errorf("%s: no handler %q; expected one of %q", f.Name, kind, kinds)
	case h == nil:
		return fmt.Errorf("%s: the %s handler of %s is nil", f.Name, kind, probe)
	}
	if f.handlers == nil {
		f.handlers = world.Handlers{}
	}
	f.handlers[world.HandlerAt{Probe: probe, Kind: kind}] = h
	return nil
}

// InGo reports whether Go code beside the file decides how a run goes or is
// judged. Another process does not have it.
func (f *File) InGo() bool { return len(f.handlers)+len(f.properties) > 0 }

// handlersSum is what checksums have of the handlers in Go: which there are.
func (f *File) handlersSum() []byte {
	var list []string
	for at := range f.handlers {
		list = append(list, at.Probe+" "+at.Kind)
	}
	slices.Sort(list)
	return fmt.Appendf(nil, "go %q", list)
}

// Eval computes an expression at the present moment, for showing. %eax without a
// vCPU is that of cpu.
func (r *Run) Eval(cpu int, text string) (uint64, error) {
	if err := r.checkCPU(cpu); err != nil {
		return 0, err
	}
	return world.Eval(text, world.Shows(r.world, cpu))
}
