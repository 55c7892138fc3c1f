package scenario

import (
	"errors"
	"fmt"
	"slices"

	"trapline/internal/expr"
)

// Handler is a handler of a probe in Go, in the place of the actions that the
// file has for it. One serves every machine that a search makes, several at the
// same time: what it reads and changes it reaches through the Hit, which
// records it (V2).
type Handler func(*Hit)

// handlerAt is which handler of which probe.
type handlerAt struct{ probe, kind string }

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
		f.handlers = map[handlerAt]Handler{}
	}
	f.handlers[handlerAt{probe, kind}] = h
	return nil
}

// InGo reports whether Go code beside the file decides how a run goes or is
// judged. Another process does not have it.
func (f *File) InGo() bool { return len(f.handlers)+len(f.properties) > 0 }

// handlersSum is what checksums have of the handlers in Go: which there are.
func (f *File) handlersSum() []byte {
	var list []string
	for at := range f.handlers {
		list = append(list, at.probe+" "+at.kind)
	}
	slices.Sort(list)
	return fmt.Appendf(nil, "go %q", list)
}

// Hit is what a Handler works on. It is valid until the Handler returns.
type Hit struct {
	run    *Run
	at     handlerAt
	hit    *hit
	result uint64
}

// call calls a handler in Go. What it returns matters to a fault handler only.
func (r *Run) call(h Handler, at handlerAt, c *hit) uint64 {
	x := &Hit{run: r, at: at, hit: c}
	h(x)
	return x.result
}

// Probe is the probe's name, Kind which of its handlers runs.
func (h *Hit) Probe() string { return h.at.probe }

// Kind is pre, post, fault or ret.
func (h *Hit) Kind() string { return h.at.kind }

// CPU is the vCPU on which it runs.
func (h *Hit) CPU() int { return h.hit.cpu.ID }

func (h *Hit) env() handlerEnv {
	return handlerEnv{machineEnv{h.run.symbols, h.run, h.hit.cpu.ID, h.hit.door}, h.hit.regs, h.hit.read}
}

// Eval computes an expression as an action's: registers are those of the
// interrupted code.
func (h *Hit) Eval(text string) (uint64, error) { return eval(text, h.env()) }

// Set changes a saved register or memory, as the action set does: %REGISTER or
// u32[ADDRESS].
func (h *Hit) Set(place string, v uint64) error {
	n, err := expr.Parse(place)
	if err != nil {
		return fmt.Errorf("%q: %w", place, err)
	}
	switch n.(type) {
	case *expr.Register, *expr.Memory:
		return h.run.setPlace(h.hit, h.env(), n, v)
	}
	return fmt.Errorf("%q: %w", place, errNoPlace)
}

var errNoPlace = errors.New("no place; expected %REGISTER or memory such as u32[ADDRESS]")

// Log keeps a line, as the action print does.
func (h *Hit) Log(text string) { h.run.log(h.hit, text) }

// Return sets what the handler returns: of a fault handler, 1 says that it has
// handled the fault.
func (h *Hit) Return(v uint64) { h.result = v }

// eval parses and computes an expression.
func eval(text string, env expr.Env) (uint64, error) {
	n, err := expr.Parse(text)
	if err != nil {
		return 0, fmt.Errorf("%q: %w", text, err)
	}
	v, err := expr.Eval(n, env)
	if err != nil {
		return 0, fmt.Errorf("%q: %w", text, err)
	}
	return v, nil
}

// Eval computes an expression at the present moment, for showing. %eax without a
// vCPU is that of cpu.
func (r *Run) Eval(cpu int, text string) (uint64, error) {
	if cpu < 0 || cpu >= len(r.Machine.CPUs) {
		return 0, fmt.Errorf("no cpu %d; expected 0 to %d", cpu, len(r.Machine.CPUs)-1)
	}
	return eval(text, r.shows(cpu))
}
