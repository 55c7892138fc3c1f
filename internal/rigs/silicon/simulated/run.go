package simulated

import (
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/rigs/silicon"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

const (
	vectorPF         = 14
	vectorMF         = 16
	vectorXM         = 19
	vectorSystemCall = 0x80

	// maxKernelSteps bounds the way from a trap to its signal, or back to the task.
	maxKernelSteps = 2000
)

// Run implements silicon.Runner. The machine is not stepped with TF: the runner's
// trap flag is never there. Between two instructions the floating-point state goes
// through XSAVE's area, as it does where a debugger's process and the program take
// turns: without a pending exception it loses where the last x87 instruction was.
func (s *Machine) Run(p *silicon.Program, maxSteps int) ([]silicon.Step, error) {
	before, err := s.load(p)
	if err != nil {
		return nil, err
	}
	var steps []silicon.Step
	for s.cpu.RIP != p.Stop && len(steps) < maxSteps {
		step := silicon.Step{PC: s.cpu.RIP}
		ev := s.m.Step(0)
		if err := s.check(ev); err != nil {
			return nil, err
		}
		if ev.Delivery != nil {
			step.Signal, step.State, err = s.signal(ev)
		} else {
			s.cpu.RFLAGS &^= x86.TF
			step.State = s.state()
			s.switchFPU()
		}
		if err != nil {
			return nil, err
		}
		step.Changes = s.changes(&before)
		steps = append(steps, step)
		if step.Signal != (silicon.Signal{}) {
			break
		}
	}
	return steps, nil
}

// check says what makes the machine unfit to go on after a step.
func (s *Machine) check(ev *emu.Event) error {
	if err := s.m.Err(); err != nil {
		return fmt.Errorf("simulated: % x at %#x: %w", ev.Bytes, ev.PC, err)
	}
	if s.cpu.Shutdown != "" {
		return fmt.Errorf("simulated: % x at %#x: the machine stopped: %s", ev.Bytes, ev.PC, s.cpu.Shutdown)
	}
	return nil
}

// signal returns what the kernel makes of the delivery that ev reports, and the state in its
// frame. System calls are not carried out.
func (s *Machine) signal(ev *emu.Event) (silicon.Signal, silicon.State, error) {
	d := ev.Delivery
	state := s.savedState(d)
	if d.Trap.Vector == vectorSystemCall {
		return silicon.Signal{Number: silicon.SIGSYS, Code: silicon.CodeSystemCall}, state, nil
	}
	want := s.signalOf(d.Trap, state.RIP)
	for range maxKernelSteps {
		ev := s.m.Step(0)
		if err := s.check(ev); err != nil {
			return want, state, err
		}
		for _, n := range ev.Notes {
			if n.Kind != traps.NoteSignal {
				continue
			}
			var err error
			if n.Text != abi.SignalName(want.Number) {
				err = fmt.Errorf("simulated: the kernel sends %s for vector %d; expected %s", n.Text, d.Trap.Vector, want)
			}
			return want, state, err
		}
	}
	return want, state, fmt.Errorf("simulated: no signal %d steps after vector %d", maxKernelSteps, d.Trap.Vector)
}

// signalOf is silicon.SignalOf for a trap of the machine. To a task, the kernel's pages
// are not mapped.
func (s *Machine) signalOf(t emu.Trap, pc uint64) silicon.Signal {
	switch t.Vector {
	case vectorXM:
		mxcsr := s.cpu.MXCSR()
		return silicon.FloatSignal(mxcsr&^(mxcsr>>7)&0x3f, pc)
	case vectorMF:
		x := s.state().X87
		return silicon.FloatSignal(uint32(x.Status&^x.Control)&0x3f, pc)
	}
	code := t.ErrCode
	if t.Vector == vectorPF && t.CR2 >= s.k.Layout.Text {
		code = 0
	}
	return silicon.SignalOf(uint8(t.Vector), code, t.CR2, pc)
}

// changes lists the bytes of the data and stack regions that a step altered, and
// applies them to before.
func (s *Machine) changes(before *silicon.Memory) []silicon.Change {
	var all []silicon.Change
	for _, r := range []struct {
		base  uint64
		bytes []byte
	}{{silicon.DataBase, before.Data}, {s.mode.StackBase(), before.Stack}} {
		after := make([]byte, len(r.bytes))
		s.cpu.Space.Peek(r.base, after)
		all = silicon.AppendChanges(all, r.base, r.bytes, after)
		copy(r.bytes, after)
	}
	return all
}
