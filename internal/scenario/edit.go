package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/expr"
	"trapline/internal/format"
	"trapline/internal/scenario/world"
	"trapline/internal/story"
	"trapline/internal/x86"
)

// take lets an actor take the next steps, whoever's turn it is, as far as it can
// go, and tells their story. One that cannot take the first is a flaw.
func (t *Transcript) take(ctx context.Context, s *format.Step) (string, error) {
	var b strings.Builder
	for i := range max(s.N, 1) {
		able := t.run.runnable(true)
		if len(able) == 0 {
			b.WriteString(t.ending())
			break
		}
		if i > 0 && !slices.Contains(able, s.Actor) {
			break
		}
		if !slices.Contains(able, s.Actor) {
			return "", s.Pos.Error(t.run.File.Name, fmt.Sprintf("one of %v", able), "actor %d cannot go on after %d steps", s.Actor, t.run.Steps())
		}
		b.WriteString(story.Text(t.teller.Tell(t.run.names.Describe(t.run.Step(s.Actor)))))
		if err := t.run.ended(ctx); err != nil {
			return "", err
		}
	}
	return b.String(), t.run.Machine.Err()
}

// set changes a place of the machine between two steps.
func (t *Transcript) set(s *format.Step) error {
	v, err := t.eval(s.Expr)
	if err != nil {
		return err
	}
	err = t.run.setPlace(t.cpu, s.Target.Node, v)
	var flaw *noPlace
	if errors.As(err, &flaw) {
		return s.Target.Pos.Error(t.run.File.Name, flaw.want, "%s", flaw.what)
	}
	return err
}

// Set changes a register, a flag or memory between two steps: %eax, %eax@1, %IF,
// u32[ADDRESS]. A register without a vCPU is that of cpu.
func (r *Run) Set(cpu int, place string, v uint64) error {
	if err := r.checkCPU(cpu); err != nil {
		return err
	}
	n, err := world.ParsePlace(place)
	if err != nil {
		return err
	}
	if err := r.setPlace(cpu, n, v); err != nil {
		return fmt.Errorf("%q: %w", place, err)
	}
	r.changed()
	return nil
}

// changed is called when somebody but its actors has changed the machine: what was
// seen of the run tells nothing any more of how it goes on.
func (r *Run) changed() {
	r.state.back = comeback{}
	r.state.spinning = [emu.MaxCPUs]bool{}
}

// noPlace is the error for a place that cannot be set.
type noPlace struct{ what, want string }

func (e *noPlace) Error() string { return e.what + "; expected " + e.want }

// setPlace changes a place.
func (r *Run) setPlace(cpu int, place expr.Node, v uint64) error {
	switch p := place.(type) {
	case *expr.Register:
		if p.CPU != expr.ThisCPU {
			cpu = p.CPU
		}
		if err := r.checkCPU(cpu); err != nil {
			return err
		}
		if !setRegister(world.ArchOf(r.File.File), r.Machine.CPUs[cpu], p.Name, v) {
			return &noPlace{fmt.Sprintf("%s cannot be set", p), "a general register, the instruction pointer, the flags or one of them"}
		}
	case *expr.Memory:
		addr, err := expr.Eval(p.Addr, world.Shows(r.world, cpu))
		if err != nil {
			return err
		}
		size := p.Size
		if size == 0 {
			size = world.ArchOf(r.File.File).Word()
		}
		if !r.Machine.PokeWord(r.Machine.CPUs[cpu].Space, addr, size, v) {
			return &noPlace{fmt.Sprintf("no memory at %#x", addr), "memory that is there"}
		}
	}
	return nil
}

// checkCPU refuses a number that no vCPU has.
func (r *Run) checkCPU(cpu int) error {
	if n := len(r.Machine.CPUs); cpu < 0 || cpu >= n {
		return fmt.Errorf("no cpu %d; expected 0 to %d", cpu, n-1)
	}
	return nil
}

// setRegister changes a register or a flag of a vCPU; false: there is none of that name that can be.
func setRegister(a x86.Arch, c *emu.CPU, name string, v uint64) bool {
	v = a.Mask(v)
	switch bit, flag := world.FlagBit(name); {
	case x86.IsIP(name):
		c.RIP = v
	case x86.IsFlags(name):
		c.RFLAGS = v | x86.FlagsFixed
	case flag && v != 0:
		c.RFLAGS |= bit
	case flag:
		c.RFLAGS &^= bit
	default:
		r, err := x86.ParseReg(a, name)
		if err != nil {
			return false
		}
		c.GPR[r] = v
	}
	return true
}
