package scenarios

import (
	"trapline/emu"
	"trapline/scenarios/expr"
)

// changes makes the test of whether a step may have changed the value of a
// condition: a search need not ask it after other steps.
func (r *Run) changes(n expr.Node) func(*emu.Event) bool {
	var tests []func(*emu.Event) bool
	expr.Walk(n, func(n expr.Node) {
		switch n := n.(type) {
		case *expr.Register:
			tests = append(tests, registerChanges(max(n.CPU, 0)))
		case *expr.Memory:
			tests = append(tests, r.memoryChanges(n))
		case *expr.Call:
			tests = append(tests, r.callChanges(n))
		}
	})
	return func(ev *emu.Event) bool {
		for _, t := range tests {
			if t(ev) {
				return true
			}
		}
		return false
	}
}

// registerChanges: any step of that vCPU may.
func registerChanges(cpu int) func(*emu.Event) bool {
	return func(ev *emu.Event) bool { return ev.CPU == cpu }
}

// memoryChanges: a write there, or any write if the place moves.
func (r *Run) memoryChanges(n *expr.Memory) func(*emu.Event) bool {
	at, err := expr.Eval(n.Addr, r.symbols)
	if err != nil {
		return func(ev *emu.Event) bool { return len(ev.Writes) > 0 }
	}
	size := n.Size
	if size == 0 {
		size = r.Machine.Arch.Word()
	}
	return func(ev *emu.Event) bool { return writes(ev, at, uint64(size)) }
}

// callChanges: what asks about a lock reads its word; the rest is changed by
// kernel work and by running a probed instruction.
func (r *Run) callChanges(n *expr.Call) func(*emu.Event) bool {
	if expr.Functions[n.Func] == "lock" {
		at, _ := r.lockAddr(n.Arg)
		return func(ev *emu.Event) bool { return writes(ev, at, uint64(r.Machine.Arch.Word())) }
	}
	return func(ev *emu.Event) bool { return ev.Kind != emu.StepInstruction || r.world.probed(ev.PC) }
}

// writes reports whether a step wrote any of size bytes from at.
func writes(ev *emu.Event, at, size uint64) bool {
	for i := range ev.Writes {
		if w := &ev.Writes[i]; w.Addr < at+size && at < w.Addr+uint64(w.Size) {
			return true
		}
	}
	return false
}
