package scenario

import (
	"context"
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
	cpu := t.cpu
	switch p := s.Target.Node.(type) {
	case *expr.Register:
		if p.CPU != expr.ThisCPU {
			cpu = p.CPU
		}
		if !setRegister(world.ArchOf(t.run.File.File), t.run.Machine.CPUs[cpu], p.Name, v) {
			return s.Target.Pos.Error(t.run.File.Name, "a general register, the instruction pointer, the flags or one of them", "%s cannot be set", p)
		}
	case *expr.Memory:
		addr, err := expr.Eval(p.Addr, world.Shows(t.run.world, cpu))
		if err != nil {
			return err
		}
		size := p.Size
		if size == 0 {
			size = world.ArchOf(t.run.File.File).Word()
		}
		if !t.run.Machine.PokeWord(t.run.Machine.CPUs[cpu].Space, addr, size, v) {
			return s.Target.Pos.Error(t.run.File.Name, "memory that is there", "no memory at %#x", addr)
		}
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
