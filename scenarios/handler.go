package scenarios

import "trapline/internal/scenario"

// Handler is a probe's handler in Go. A search calls it on many machines, on
// several at the same time: it must do the same whenever the Hit shows it the
// same, keep nothing from one call to the next, and touch nothing that is not
// the Hit's. What it reads and changes through the Hit is recorded, so that a
// search tries all orders in which that matters. The whole of a Handler is one
// step of its vCPU.
type Handler func(*Hit)

// Handle has h called in the place of a probe's actions of a kind: pre, post or
// fault for kernel code, pre or ret for a Linux program. Schedules of the
// scenario with its handlers in Go are no schedules of it without them.
func (f *File) Handle(probe, kind string, h Handler) error {
	var inner scenario.Handler
	if h != nil {
		inner = func(x *scenario.Hit) { h(&Hit{x}) }
	}
	return f.f.Handle(probe, kind, inner)
}

// Hit is what a Handler works on: the interrupted code. It is valid until the
// Handler returns.
type Hit struct{ h *scenario.Hit }

// Probe is the probe's name.
func (h *Hit) Probe() string { return h.h.Probe() }

// Kind is pre, post, fault or ret.
func (h *Hit) Kind() string { return h.h.Kind() }

// CPU is the vCPU that the Handler runs on.
func (h *Hit) CPU() int { return h.h.CPU.ID }

// Eval computes an expression of docs/scenario-format.md, such as %eax or
// u32[%esp+4]. Registers are the interrupted code's.
func (h *Hit) Eval(expression string) (uint64, error) { return h.h.Eval(expression) }

// Set changes a register of the interrupted code, or memory: %eax, u32[main+4].
func (h *Hit) Set(place string, value uint64) error { return h.h.Set(place, value) }

// Log adds a line to Run.Log, behind the probe's name, the kind and the vCPU.
func (h *Hit) Log(text string) { h.h.Log(text) }

// Return sets what a fault handler returns: 1 says that the fault is handled.
func (h *Hit) Return(value uint64) { h.h.Return(value) }
