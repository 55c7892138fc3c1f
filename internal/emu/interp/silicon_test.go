package interp_test

import (
	"bytes"
	"errors"
	"flag"
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

var instructions = flag.Int("instructions", 4_000, "instructions that the processor runs too, a mode")

// siliconModes are the decoder's modes with those of the processes that run them: 16-bit code is in a segment of a 32-bit
// process.
var siliconModes = map[insn.Mode]silicon.Mode{insn.Mode16: silicon.Mode32, insn.Mode32: silicon.Mode32, insn.Mode64AMD: silicon.Mode64}

// TestSilicon runs random instructions in random states here and on the processor that runs the test. What the
// manual leaves undefined is not compared; forms left out are listed in comparable.
func TestSilicon(t *testing.T) {
	for mode, m := range siliconModes {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			p, err := native.Open(m)
			if errors.Is(err, native.ErrUnavailable) {
				t.Skip(err)
			}
			require.NoError(t, err)
			t.Cleanup(p.Close)
			if mode == insn.Mode64AMD && testkit.ProcessorIsOther() {
				mode = insn.Mode64
			}
			s := newSource(3, mode)
			shown := 0
			for n := 0; n < *instructions && shown < 20; n++ {
				x := s.trial()
				if !comparable(&x) || testkit.ProcessorIsOther() && vendorsDiffer(&x) {
					continue
				}
				if what := tryProcessor(t, p, m, &x); what != "" {
					shown++
					t.Errorf("% x: %s\nbefore %s", x.code, what, show(&x.before))
				}
			}
			t.Logf("%d forms, %d of them less than %d times", len(s.forms), len(s.few), least)
		})
	}
}

// comparable reports whether the processor can be asked.
func comparable(x *trial) bool {
	a := x.in.Attr()
	switch {
	case a.Has(insn.Popf), a.Has(insn.Pushf) && (x.in.PrefixLen > 0 || x.in.Mode == insn.Mode16):
		return false // the stepping flag would be seen
	case a.Has(insn.Loop) && (x.in.Rep || x.in.Repne):
		return false // reserved: AMD's processors take the condition from the prefix
	case undefinedResult(&x.in, &x.before):
		return false
	}
	return x.in.Mode.Is64() || x.in.Seg != insn.SegFS && x.in.Seg != insn.SegGS // null selectors
}

// vendorsDiffer reports whether Intel's processors do otherwise than AMD's: PREFETCHW of a register does nothing,
// and a count of zero is extended.
func vendorsDiffer(x *trial) bool {
	return x.in.Map == insn.Map0F && x.in.Opcode == 0x0d && x.in.ModRM >= 0xc0 ||
		x.in.Mode.Is64() && x.in.AddrSize && (x.in.Rep || x.in.Repne) && uint32(x.before.GPR[x86.RCX]) == 0
}

// inRing3 is a trial as a ring 3 program of package silicon, and the registers that it starts with.
func inRing3(m silicon.Mode, x *trial) (regs.Core, *silicon.Program) {
	before := x.before
	before.RFLAGS = before.RFLAGS&^(x86.IOPL|x86.AC|x86.NT) | x86.IF
	before.CPL = 3
	program := &silicon.Program{Mode: m, Origin: codeBase, Code: x.code, Stop: ^uint64(0), Init: silicon.Reset(m), Data: x.data}
	program.Init.GPR, program.Init.RFLAGS, program.Init.RIP = before.GPR, before.RFLAGS, before.RIP
	if m == silicon.Mode64 {
		program.Init.FSBase = before.Seg[x86.FS].Base
	}
	if x.in.Mode == insn.Mode16 {
		smallSegments(&before, program)
	}
	for i, v := range program.Init.Selectors {
		before.Seg[i].Sel = uint32(v)
	}
	return before, program
}

// smallSegments gives a program the segments of 16-bit code, by its LDT.
func smallSegments(c *regs.Core, p *silicon.Program) {
	p.LDT = []uint64{descriptor(&c.Seg[x86.CS]), descriptor(&c.Seg[x86.DS]), descriptor(&c.Seg[x86.SS])}
	for seg, entry := range map[int]uint16{x86.CS: 0, x86.DS: 1, x86.ES: 1, x86.SS: 2} {
		p.Init.Selectors[seg] = entry<<3 | 7
	}
}

// descriptor is a segment's (SDM vol. 3, 3.4.5), of ring 3.
func descriptor(s *regs.Seg) uint64 {
	flags := uint64(s.Flags|3<<13)&0x00f0ff00 | uint64(s.Limit)&0xf0000
	return (flags|s.Base>>16&0xff|s.Base&0xff000000)<<32 | s.Base&0xffff<<16 | uint64(s.Limit)&0xffff
}

func tryProcessor(t *testing.T, p *native.Processor, m silicon.Mode, x *trial) (difference string) {
	before, program := inRing3(m, x)
	steps, err := p.Run(program, 1)
	require.NoError(t, err)
	memory, err := program.Memory()
	require.NoError(t, err)
	ours := before
	mem := &testMemory{c: &ours, code: memory.Code, data: bytes.Clone(x.data)}
	got := x.op.Run(&ours, mem)
	want := &steps[0]
	switch {
	case mem.refused-m.StackBase()+8 < silicon.StackSize+8 && got == interp.Refused:
		return "" // the processor's stack region, which is not mapped here
	case got != interp.Done != (want.Signal != silicon.Signal{}):
		return fmt.Sprintf("outcome %d, the processor's %v", got, want.Signal)
	case got != interp.Done:
		return ""
	}
	for i := range ours.GPR {
		if ours.GPR[i] != want.State.GPR[i] {
			return fmt.Sprintf("register %d is %#x, the processor's %#x", i, ours.GPR[i], want.State.GPR[i])
		}
	}
	unfinished := (x.in.Rep || x.in.Repne) && want.State.RIP == before.RIP && testkit.ProcessorIsOther() // see silicon.OtherVendors
	if f := (ours.RFLAGS ^ want.State.RFLAGS) &^ (x86.RF | undefinedFlags(&x.in, &before)); f != 0 && !unfinished {
		return fmt.Sprintf("rflags %#x, the processor's %#x: %s", ours.RFLAGS, want.State.RFLAGS, silicon.FlagNames(f))
	}
	if ours.RIP != want.State.RIP {
		return fmt.Sprintf("rip %#x, the processor's %#x", ours.RIP, want.State.RIP)
	}
	after := bytes.Clone(x.data)
	for _, c := range want.Changes {
		if c.Addr >= memBase && c.Addr < memBase+memSize {
			copy(after[c.Addr-memBase:], c.Bytes)
		}
	}
	if pushesSelector(&x.in) && testkit.ProcessorIsOther() { // Intel's store 16 bits
		sp := ours.GPR[x86.RSP]
		if x.in.Mode == insn.Mode16 {
			sp &= 0xffff
		}
		if at := ours.Seg[x86.SS].Base + sp - memBase; at <= memSize-4 {
			copy(mem.data[at+2:at+4], after[at+2:])
		}
	}
	if !bytes.Equal(after, mem.data) {
		return "memory"
	}
	return ""
}

// pushesSelector reports whether an instruction pushes a segment register in 32 bits.
func pushesSelector(in *insn.Inst) bool {
	switch {
	case in.OpSize != (in.Mode == insn.Mode16):
		return false
	case in.Map == insn.Map0F:
		return in.Opcode == 0xa0 || in.Opcode == 0xa8
	}
	return in.Map == insn.OneByte && in.Opcode&^0x18 == 6
}

func show(c *regs.Core) string {
	return fmt.Sprintf("%x rip %#x rflags %#x cpl %d", c.GPR, c.RIP, c.RFLAGS, c.CPL)
}
