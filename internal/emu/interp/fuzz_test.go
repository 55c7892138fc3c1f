package interp_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"trapline/internal/emu/insn"
	"trapline/internal/emu/interp"
	"trapline/internal/emu/regs"
	"trapline/internal/x86"
)

// FuzzRun runs any bytes in any state: nothing panics, a fault leaves registers as they were, and an instruction
// that is done leaves what the mode allows.
func FuzzRun(f *testing.F) {
	for _, mode := range []insn.Mode{insn.Mode32, insn.Mode64AMD} {
		s := newSource(5, mode)
		for range 50 {
			x := s.trial()
			var state bytes.Buffer
			_ = binary.Write(&state, binary.LittleEndian, x.before.GPR)
			f.Add(x.code, state.Bytes(), x.before.RFLAGS, mode.Is64())
		}
		u := &x87Source{s}
		for range 50 {
			x := u.next()
			f.Add(x.code, []byte{}, uint64(x.unit.Status)<<48|uint64(x.unit.Control)<<32|uint64(x.unit.Tags)<<24, mode.Is64())
		}
	}
	f.Fuzz(func(t *testing.T, code, state []byte, flags uint64, long bool) {
		mode := insn.Mode32
		if long {
			mode = insn.Mode64AMD
		}
		in, err := insn.Decode(code, mode)
		if err != nil {
			return
		}
		op, ok := interp.Prepare(&in)
		if !ok {
			return
		}
		c := newSource(5, mode).state()
		_, _ = binary.Decode(state, binary.LittleEndian, c.GPR[:min(len(state)/8, 16)])
		c.RFLAGS = flags&0x3f7fd5 | x86.FlagsFixed
		if !long {
			for i := range c.GPR {
				c.GPR[i] &= 0xffffffff
			}
		}
		before := c
		m := &testMemory{c: &c, code: code, data: make([]byte, memSize)}
		var out interp.Outcome
		unit := regs.Extended{MXCSR: regs.MXCSRReset, X87: regs.X87{Control: uint16(flags >> 32), Status: uint16(flags >> 48), Tags: uint8(flags >> 24)}}
		if op.UsesExtended() {
			x := unit
			if out = op.RunExtended(&c, &x, m); out != interp.Done && x != unit {
				t.Fatalf("% x leaves a trace in the unit", code[:in.Len])
			}
		} else {
			out = op.Run(&c, m)
		}
		if out != interp.Done {
			if c != before {
				t.Fatalf("% x leaves a trace: %s", code[:in.Len], show(&c))
			}
			return
		}
		if c.RFLAGS&x86.FlagsFixed == 0 || c.RFLAGS&^0x3f7fd7 != 0 {
			t.Fatalf("% x: rflags %#x", code[:in.Len], c.RFLAGS)
		}
		wide := c.RIP
		for _, v := range c.GPR {
			wide |= v
		}
		if !long && wide>>32 != 0 {
			t.Fatalf("% x: upper halves in 32-bit code: %s", code[:in.Len], show(&c))
		}
		if long && uint64(int64(c.RIP<<16)>>16) != c.RIP {
			t.Fatalf("% x: rip %#x", code[:in.Len], c.RIP)
		}
	})
}
