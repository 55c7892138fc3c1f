package simulated

import (
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/rigs/silicon"
	"trapline/internal/traps"
)

// maxUserSteps bounds a program that sets its own trap flag.
const maxUserSteps = 10_000

// RunTraps implements silicon.TrapRunner. The kernel's handlers run in full: each signal
// goes to the debugger, which lets the task go on.
func (s *Machine) RunTraps(p *silicon.Program, maxTraps int) ([]silicon.Trap, error) {
	memory, err := s.load(p)
	if err != nil {
		return nil, err
	}
	var all []silicon.Trap
	var trap emu.Trap // the last that left ring 3, with its frame's registers
	var state silicon.State
	for range maxUserSteps {
		ev := s.m.Step(0)
		if err := s.check(ev); err != nil {
			return nil, err
		}
		if d := ev.Delivery; d != nil && d.From == 3 {
			trap = d.Trap
			state = s.savedState(d)
		}
		if !signalled(ev) {
			continue
		}
		t := silicon.Trap{Signal: s.signalOf(trap, state.RIP), State: state}
		if t.Signal.Number == silicon.SIGTRAP && state.RIP == p.Stop+1 {
			return all, nil // the INT3 at Stop
		}
		s.cpu.Space.Peek(s.mode.StackBase(), memory.Stack)
		t.Top = silicon.TopOfStack(s.mode, memory.Stack, state.GPR[silicon.RSP])
		all = append(all, t)
		if t.Signal.Number != silicon.SIGTRAP || len(all) == maxTraps {
			return all, nil
		}
	}
	return nil, fmt.Errorf("simulated: the program does not end in %d steps", maxUserSteps)
}

func signalled(ev *emu.Event) bool {
	for _, n := range ev.Notes {
		if n.Kind == traps.NoteSignal {
			return true
		}
	}
	return false
}
