package interp_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu/insn"
	"trapline/internal/emu/interp"
	"trapline/internal/emu/regs"
	"trapline/internal/rigs/silicon"
	"trapline/internal/rigs/silicon/native"
	"trapline/internal/rigs/testkit"
	"trapline/internal/x86"
)

// TestSiliconX87 runs random x87 and MMX instructions in random states of the unit here and on the processor that runs the
// test, and compares all of it.
func TestSiliconX87(t *testing.T) {
	testkit.NeedsAMD(t, "alignment checks of x87's stores, and of what a fault leaves of TOP")
	for mode, m := range siliconModes {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			var near nearness
			p, err := native.Open(m)
			if errors.Is(err, native.ErrUnavailable) {
				t.Skip(err)
			}
			require.NoError(t, err)
			t.Cleanup(p.Close)
			s := &x87Source{newSource(5, mode)}
			shown := 0
			for n := 0; n < *instructions && shown < 20; n++ {
				x := s.next()
				if x.in.Seg == insn.SegFS || x.in.Seg == insn.SegGS {
					continue // null selectors
				}
				if what := tryX87(t, p, m, &x, &near); what != "" {
					shown++
					t.Errorf("% x (/%d %d): %s\nbefore %s", x.code, x.in.Digit(), x.in.RM(), what, showX87(&x.unit))
				}
			}
			t.Logf("%d transcendental results, %d of them a unit from the processor's", near.compared, near.unequal)
		})
	}
}

// tryX87 runs one instruction on both sides, and says in what they differ.
func tryX87(t *testing.T, p *native.Processor, m silicon.Mode, x *x87Trial, near *nearness) (difference string) {
	before, program := inRing3(m, &x.trial)
	program.Init.X87 = siliconX87(&x.unit)
	steps, err := p.Run(program, 1)
	require.NoError(t, err)
	memory, err := program.Memory()
	require.NoError(t, err)
	ours, unit := before, regs.Extended{X87: x.unit}
	mem := &testMemory{c: &ours, code: memory.Code, data: bytes.Clone(x.data)}
	got := x.op.RunExtended(&ours, &unit, mem)
	want := &steps[0]
	switch {
	case mem.refused-m.StackBase()+128 < silicon.StackSize+128 && got == interp.Refused:
		return "" // the processor's stack region, which is not mapped here
	case got != interp.Done != (want.Signal != silicon.Signal{}):
		return fmt.Sprintf("outcome %d, the processor's %v", got, want.Signal)
	case (got == interp.MathFault) != (want.Signal.Number == 8):
		return fmt.Sprintf("outcome %d, the processor's %v", got, want.Signal)
	}
	if diff := differ(&unit.X87, &want.State.X87, near.of(&x.in)); diff != "" {
		return diff
	}
	for i := range ours.GPR {
		if ours.GPR[i] != want.State.GPR[i] {
			return fmt.Sprintf("register %d is %#x, the processor's %#x", i, ours.GPR[i], want.State.GPR[i])
		}
	}
	if f := (ours.RFLAGS ^ want.State.RFLAGS) &^ x86.RF; f != 0 {
		return fmt.Sprintf("rflags %#x, the processor's %#x: %s", ours.RFLAGS, want.State.RFLAGS, silicon.FlagNames(f))
	}
	if got != interp.Done {
		return ""
	}
	after := bytes.Clone(x.data)
	for _, c := range want.Changes {
		if c.Addr >= memBase && c.Addr < memBase+memSize {
			copy(after[c.Addr-memBase:], c.Bytes)
		}
	}
	for i := range after {
		if after[i] != mem.data[i] {
			e := min(i+16, len(after))
			return fmt.Sprintf("memory at %#x is % x, the processor's % x", memBase+i, mem.data[i:e], after[i:e])
		}
	}
	return ""
}

func siliconX87(u *regs.X87) (s silicon.X87) {
	s.Control, s.Status, s.Tag = u.Control, u.Status, u.Tags
	for i := range s.ST {
		r := &u.R[(u.Top()+i)&7]
		binary.LittleEndian.PutUint64(s.ST[i][:], r.Mantissa)
		binary.LittleEndian.PutUint16(s.ST[i][8:], r.SignExp)
	}
	return s
}

// transcendental reports whether an instruction's result is only near the processor's.
func transcendental(in *insn.Inst) bool {
	return in.Map == insn.OneByte && in.Opcode == 0xd9 && (in.ModRM >= 0xf0 && in.ModRM <= 0xf3 || in.ModRM == 0xf9 || in.ModRM == 0xfb || in.ModRM >= 0xfe)
}

// nearness counts transcendental results.
type nearness struct{ compared, unequal int }

// of is n for an instruction whose results need only be near, else nil.
func (n *nearness) of(in *insn.Inst) *nearness {
	if !transcendental(in) {
		return nil
	}
	return n
}

// nearby reports whether two registers differ by a unit of the last place at most.
func nearby(a, b [10]byte) bool {
	le := binary.LittleEndian
	x, y := le.Uint64(a[:]), le.Uint64(b[:])
	p, q := le.Uint16(a[8:]), le.Uint16(b[8:])
	switch {
	case p == q:
		return x-y+1 <= 2
	case p == q+1:
		return x == 1<<63 && y == 1<<64-1
	case q == p+1:
		return y == 1<<63 && x == 1<<64-1
	}
	return false
}

// differ says in what two units differ. With near, C1 may, which tells the direction of rounding, and ST(0) and ST(1) by
// one unit.
func differ(ours *regs.X87, theirs *silicon.X87, near *nearness) string {
	mine := siliconX87(ours)
	if near != nil {
		const c1 = 0x200
		theirs.Status = theirs.Status&^c1 | mine.Status&c1
		near.compared++
	}
	switch {
	case mine.Control != theirs.Control:
		return fmt.Sprintf("control %04x, the processor's %04x", mine.Control, theirs.Control)
	case mine.Status != theirs.Status:
		return fmt.Sprintf("status %04x, the processor's %04x", mine.Status, theirs.Status)
	case mine.Tag != theirs.Tag:
		return fmt.Sprintf("tags %02x, the processor's %02x", mine.Tag, theirs.Tag)
	}
	for i := range mine.ST {
		if near != nil && i < 2 && mine.ST[i] != theirs.ST[i] && nearby(mine.ST[i], theirs.ST[i]) {
			near.unequal++
			continue
		}
		if mine.ST[i] != theirs.ST[i] {
			a, b := mine.ST[i], theirs.ST[i]
			le := binary.LittleEndian
			return fmt.Sprintf("st(%d) %04x %016x, the processor's %04x %016x", i, le.Uint16(a[8:]), le.Uint64(a[:]), le.Uint16(b[8:]), le.Uint64(b[:]))
		}
	}
	return ""
}

func showX87(u *regs.X87) string {
	s := fmt.Sprintf("control %04x status %04x tags %02x", u.Control, u.Status, u.Tags)
	for i := range 8 {
		r := u.R[(u.Top()+i)&7]
		s += fmt.Sprintf(" %04x.%016x", r.SignExp, r.Mantissa)
	}
	return s
}

// TestSiliconX87Pointers: FNSTENV tells where the last instruction and its operand were, and the opcode. The kernel loses
// that when it switches tasks, so that the instructions run in one go, and a difference counts when it comes again.
func TestSiliconX87Pointers(t *testing.T) {
	testkit.NeedsAMD(t, "where x87's last instruction was")
	const trials, tries = 200, 4
	for _, mode := range []insn.Mode{insn.Mode32, insn.Mode64AMD} {
		t.Run(mode.String(), func(t *testing.T) {
			m := siliconModes[mode]
			p, err := native.Open(m)
			if errors.Is(err, native.ErrUnavailable) {
				t.Skip(err)
			}
			require.NoError(t, err)
			t.Cleanup(p.Close)
			s := &x87Source{newSource(7, mode)}
			for n := 0; n < trials; {
				x := s.next()
				x.unit.Control, x.unit.Status = 0x37f, x.unit.Status&0x3800
				x.code = append(bytes.Clone(x.code), environmentInRegisters(m)...)
				if x.in.Seg != insn.SegNone {
					continue
				}
				want, done := runPointers(t, m, &x)
				if !done {
					continue
				}
				n++
				_, program := inRing3(m, &x.trial)
				program.Init.X87 = siliconX87(&x.unit)
				var got [4]uint64
				for try := 0; try < tries && got != want; try++ {
					traps, err := p.RunTraps(program, 1)
					require.NoError(t, err)
					g := traps[0].State.GPR
					got = [4]uint64{g[x86.RAX], g[x86.RBX], g[x86.RCX], g[x86.RDX]}
				}
				require.Equal(t, got, want, "% x", x.code)
			}
		})
	}
}

// environmentAt is where the environment is stored.
const environmentAt = memBase + memSize - 64

// environmentInRegisters stores the environment and loads its last four words into EAX, EBX, ECX and EDX.
func environmentInRegisters(m silicon.Mode) (code []byte) {
	add := func(at uint32, reg byte, opcode ...byte) {
		code = append(code, opcode...)
		if m == silicon.Mode64 {
			code = append(code, reg<<3|4, 0x25)
		} else {
			code = append(code, reg<<3|5)
		}
		code = binary.LittleEndian.AppendUint32(code, at)
	}
	add(environmentAt, 6, 0xd9)
	for i, reg := range []x86.Reg{x86.RAX, x86.RBX, x86.RCX, x86.RDX} {
		add(environmentAt+12+4*uint32(i), byte(reg), 0x8b)
	}
	return append(code, silicon.Filler)
}

// runPointers runs the program here up to its INT3.
func runPointers(t *testing.T, m silicon.Mode, x *x87Trial) (words [4]uint64, done bool) {
	c, program := inRing3(m, &x.trial)
	memory, err := program.Memory()
	require.NoError(t, err)
	unit := regs.Extended{X87: x.unit}
	mem := &testMemory{c: &c, code: memory.Code, data: bytes.Clone(x.data)}
	for {
		in, err := insn.Decode(memory.Code[c.RIP-codeBase:], x.in.Mode)
		require.NoError(t, err)
		if in.Attr().Has(insn.Int3) {
			return [4]uint64{c.GPR[x86.RAX], c.GPR[x86.RBX], c.GPR[x86.RCX], c.GPR[x86.RDX]}, true
		}
		op, ok := interp.Prepare(&in)
		require.True(t, ok)
		var out interp.Outcome
		if op.UsesExtended() {
			out = op.RunExtended(&c, &unit, mem)
		} else {
			out = op.Run(&c, mem)
		}
		if out != interp.Done {
			return words, false
		}
	}
}
