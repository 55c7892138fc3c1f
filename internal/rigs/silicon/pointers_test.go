package silicon_test

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/silicon"
)

// pointersProgram raises something or nothing with one instruction, saves the state, and has in EAX, ECX, EDX, EBX and ESI the
// words of the image that tell of the instruction. With load it first loads an image with other pointers.
func (s *sequenceSource) pointersProgram(load bool) *silicon.Program {
	p := s.sequence(0)
	code := []byte{0xdb, 0xe3} // fninit
	wide := s.mode == silicon.Mode64 && s.IntN(2) == 0
	add := func(b ...byte) { code = append(code, b...) }
	area := func(digit byte, opcode ...byte) { // of XSAVE's family
		if wide {
			add(0x48)
		}
		add(append(opcode, at(digit, silicon.RDI, saveAt)...)...)
	}
	if load {
		binary.LittleEndian.PutUint16(p.Data[saveAt+6:], uint16(s.Uint32()))
		s.fill(p.Data[saveAt+8 : saveAt+24])
		if s.IntN(2) == 0 {
			area(1, 0x0f, 0xae) // fxrstor
		} else {
			add(0xb8, 7, 0, 0, 0, 0xba, 0, 0, 0, 0)
			area(5, 0x0f, 0xae) // xrstor
		}
	} else {
		add(append([]byte{0xd9}, at(5, silicon.RDI, controlsAt+8*s.IntN(64))...)...) // fldcw
		add(0xd9, 0xe8)                                                              // fld1
		for _, b := range s.arithmetic() {
			add(b)
		}
	}
	at0 := 8 // of the words
	switch s.IntN(6) {
	case 0:
		area(0, 0x0f, 0xae) // fxsave
	case 1, 2:
		add(0xb8, 7, 0, 0, 0, 0xba, 0, 0, 0, 0)
		area(4, 0x0f, 0xae) // xsave
	case 3:
		add(0xb8, 7, 0, 0, 0, 0xba, 0, 0, 0, 0)
		area(4, 0x0f, 0xc7) // xsavec
	case 4:
		add(append([]byte{0xd9}, at(6, silicon.RDI, saveAt)...)...) // fnstenv
		at0 = 12
	case 5:
		add(append([]byte{0xdd}, at(6, silicon.RDI, saveAt)...)...) // fnsave
		at0 = 12
	}
	for i, reg := range []byte{silicon.RAX, silicon.RCX, silicon.RDX, silicon.RBX} {
		add(append([]byte{0x8b}, at(reg, silicon.RDI, saveAt+at0+4*i)...)...)
	}
	add(append([]byte{0x8b}, at(silicon.RSI, silicon.RDI, saveAt+4)...)...)
	p.Code = append(code, silicon.Filler)
	p.Stop = ^uint64(0)
	return p
}

// TestPointersAreSavedAsByProcessor: where the last x87 instruction and its operand were, and its opcode, as FXSAVE, XSAVE,
// XSAVEC, FNSTENV and FNSAVE store it and FXRSTOR and XRSTOR load it, with REX.W and without, with an exception pending and
// without. A switch of tasks loses it, so that the programs run in one go, and a difference counts when it comes again.
func TestPointersAreSavedAsByProcessor(t *testing.T) {
	const tries = 6
	for _, mode := range silicon.Modes {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			hasAVX2(t)
			p, m := processor(t, mode), machine(t, mode)
			s := newSequenceSource(mode, *seed)
			compared := 0
			for n := range *vectors / 3 {
				program := s.pointersProgram(n&1 != 0)
				got, err := m.RunTraps(program, 1)
				require.NoError(t, err)
				if len(got) != 1 || got[0].Signal.Number != silicon.SIGTRAP {
					continue
				}
				var want []silicon.Trap
				for range tries {
					want, err = p.RunTraps(program, 1)
					require.NoError(t, err)
					if want[0].State.GPR == got[0].State.GPR {
						break
					}
				}
				require.Equal(t, want[0].State.GPR, got[0].State.GPR, "% x", program.Code)
				compared++
			}
			require.Greater(t, compared, *vectors/8)
			t.Logf("%d programs", compared)
		})
	}
}
