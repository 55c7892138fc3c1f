package silicon_test

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu/insn"
	"trapline/internal/emu/interp"
	"trapline/internal/rigs/silicon"
	"trapline/internal/rigs/silicon/simulated"
)

// Where programs of sequenceSource have what they load by kind, in the data region. Operands of all kinds are in its first part.
const (
	controlsAt = 0x1000 // control words for FLDCW and MXCSR's values, a word and a double word every 8 bytes
	imagesAt   = 0x1400 // environments and states of x87, one every 128 bytes
	saveAt     = 0x1c00 // the area of FXSAVE and XSAVE
)

// sequenceSource makes programs that mix x87, MMX, SSE and AVX instructions with those that change how they round and what
// they raise.
type sequenceSource struct {
	*vectorSource
}

func newSequenceSource(mode silicon.Mode, seed uint64) *sequenceSource {
	return &sequenceSource{newVectorSource(mode, seed)}
}

// at is an operand's ModRM and displacement of 32 bits: the base register and the place in its part.
func at(digit, base byte, disp int) []byte {
	return binary.LittleEndian.AppendUint32([]byte{0x80 | digit<<3 | base}, uint32(disp))
}

// arithmetic is any x87 instruction but those that load the environment. FXAM behind a transcendental one makes C1 that of
// the result's sign: of the rounding it is not compared.
func (s *sequenceSource) arithmetic() (code []byte) {
	for {
		code = code[:0]
		if s.IntN(16) == 0 {
			code = append(code, 0x66)
		}
		opcode := 0xd8 | byte(s.IntN(8))
		if s.IntN(2) == 0 {
			code = append(code, opcode, 0xc0|byte(s.IntN(64)))
		} else {
			digit := byte(s.IntN(8))
			if opcode == 0xd9 && (digit == 4 || digit == 5) || opcode == 0xdd && digit == 4 {
				continue
			}
			code = append(append(code, opcode), at(digit, silicon.RBX, 16*s.IntN(64))...)
		}
		if s.IntN(8) == 0 {
			code = []byte{0xd9, 0xf0 | byte(s.IntN(16))}
		}
		in, err := insn.Decode(append(code, make([]byte, 15)...), decoderMode(s.mode))
		if err != nil {
			continue
		}
		if _, ok := interp.Prepare(&in); !ok || in.Len != len(code) {
			continue
		}
		if transcendental(code) {
			code = append(code, 0xd9, 0xe5)
		}
		return code
	}
}

// transcendental reports whether an instruction's result need only be near the processor's: F2XM1, FYL2X, FPTAN, FPATAN,
// FYL2XP1, FSINCOS, FSIN, FCOS.
func transcendental(code []byte) bool {
	if len(code) > 0 && code[0] == 0x66 {
		code = code[1:]
	}
	if len(code) < 2 || code[0] != 0xd9 {
		return false
	}
	switch code[1] {
	case 0xf0, 0xf1, 0xf2, 0xf3, 0xf9, 0xfb, 0xfe, 0xff:
		return true
	}
	return false
}

// control changes rounding, precision, masks, or all of the state.
func (s *sequenceSource) control() []byte {
	word := controlsAt + 8*s.IntN(64)
	image := imagesAt + 128*s.IntN(16)
	switch s.IntN(16) {
	case 0, 1, 2, 3:
		return append([]byte{0xd9}, at(5, silicon.RDI, word)...) // fldcw
	case 4, 5, 6:
		return append([]byte{0x0f, 0xae}, at(2, silicon.RDI, word+4)...) // ldmxcsr
	case 7:
		return append([]byte{0x0f, 0xae}, at(3, silicon.RBX, 16*s.IntN(64))...) // stmxcsr
	case 8, 9:
		return []byte{0xdb, 0xe2} // fnclex
	case 10:
		return []byte{0xdb, 0xe3} // fninit
	case 11:
		return append([]byte{0xd9}, at(4, silicon.RDI, image)...) // fldenv
	case 12:
		return append([]byte{0xdd}, at(4, silicon.RDI, image)...) // frstor
	case 13:
		return []byte{0x0f, 0x77} // emms
	case 14:
		return []byte{0x9b} // fwait
	}
	save := [][]byte{{0x0f, 0xae, 0}, {0x0f, 0xae, 1}, {0x0f, 0xae, 4}, {0x0f, 0xae, 5}, {0x0f, 0xc7, 4}}[s.IntN(5)]
	code := append(append([]byte{}, save[:2]...), at(save[2], silicon.RDI, saveAt)...)
	if s.mode == silicon.Mode64 && s.IntN(2) == 0 {
		code = append([]byte{0x48}, code...)
	}
	components := []byte{0xb8, byte(s.IntN(8)), 0, 0, 0, 0xba, 0, 0, 0, 0} // mov to eax and edx
	return append(components, code...)
}

// sequence makes a program of so many instructions, in a random state of x87 too.
func (s *sequenceSource) sequence(instructions int) *silicon.Program {
	p := s.program(0)
	p.Code = nil
	for range instructions {
		switch s.IntN(8) {
		case 0, 1:
			p.Code = append(p.Code, s.control()...)
		case 2, 3:
			p.Code = append(p.Code, s.instruction()...)
		default:
			p.Code = append(p.Code, s.arithmetic()...)
		}
		if s.IntN(3) == 0 {
			p.Code = append(p.Code, 0xdb, 0xe2) // nothing stays pending
		}
	}
	p.Stop = p.Origin + uint64(len(p.Code))
	st := &p.Init
	st.GPR[silicon.RBX], st.GPR[silicon.RDI], st.GPR[silicon.RSI] = silicon.DataBase, silicon.DataBase, silicon.DataBase+0x800
	s.operands(p.Data)
	s.unit(&st.X87)
	return p
}

func (s *sequenceSource) controlWord() uint16 {
	switch s.IntN(4) {
	case 0:
		return uint16(s.Uint32())
	case 1: // every exception masked
		return uint16(s.IntN(16))<<8 | 0x3f
	case 2:
		return uint16(s.IntN(16))<<8 | uint16(s.Uint32()|s.Uint32())&0x3f
	}
	return 0x37f &^ (1 << s.IntN(6))
}

func (s *sequenceSource) controlMXCSR() uint32 {
	v := s.Uint32() & 0xe040 // rounding, FTZ, DAZ
	switch s.IntN(4) {
	case 0:
		return v | s.Uint32()&0x1fbf
	case 1:
		return v | 0x1f80&^(1<<(7+s.IntN(6)))
	}
	return v | 0x1f80
}

// operands fills the data region: numbers of each format first.
func (s *sequenceSource) operands(data []byte) {
	le := binary.LittleEndian
	for i := 0; i < controlsAt; i += 16 {
		switch s.IntN(4) {
		case 0:
			v := s.extended()
			copy(data[i:], v[:])
		case 1: // decimal digits
			for j := range 9 {
				data[i+j] = byte(s.IntN(10)<<4 | s.IntN(10))
			}
			data[i+9] = byte(s.IntN(2)) << 7
		default:
			le.PutUint64(data[i:], s.word())
		}
	}
	for i := controlsAt; i < imagesAt; i += 8 {
		le.PutUint16(data[i:], s.controlWord())
		le.PutUint32(data[i+4:], s.controlMXCSR())
	}
	for i := imagesAt; i < saveAt; i += 128 {
		le.PutUint32(data[i:], uint32(s.controlWord()))
		le.PutUint32(data[i+4:], s.Uint32()&0xff00)
		le.PutUint32(data[i+8:], s.Uint32()&s.Uint32())
		for j := range 8 {
			v := s.extended()
			copy(data[i+28+10*j:], v[:])
		}
	}
	area := data[saveAt:]
	clear(area[512:576])
	area[512] = byte(s.IntN(8))
	le.PutUint16(area, s.controlWord())
	le.PutUint16(area[2:], uint16(s.Uint32()&0xff00))
	area[4] = byte(s.Uint32())
	le.PutUint32(area[24:], s.controlMXCSR())
	for j := range 8 {
		v := s.extended()
		copy(area[32+16*j:], v[:])
		clear(area[32+16*j+10 : 32+16*j+16])
	}
}

// unit is a random state of x87.
func (s *sequenceSource) unit(x *silicon.X87) {
	x.Control = s.controlWord()&0x1f3f | 0x40
	x.Status = uint16(s.IntN(8)) << 11
	x.Tag = byte(s.Uint32() | s.Uint32())
	for i := range x.ST {
		x.ST[i] = s.extended()
	}
}

// extended is a number of 80 bits: often of moderate size, sometimes special, pseudo-denormal or unnormal.
func (s *sequenceSource) extended() (b [10]byte) {
	le := binary.LittleEndian
	mant := s.Uint64() | 1<<63
	switch s.IntN(6) {
	case 0:
		mant = 1 << 63
	case 1:
		mant = 1<<63 | ^uint64(0)<<s.IntN(64)
	case 2:
		mant &= ^uint64(0) << []int{11, 40, 10, 39}[s.IntN(4)]
	case 3:
		mant |= s.Uint64() & s.Uint64()
	}
	exp := uint16(16383 + s.IntN(24) - 12)
	switch s.IntN(8) {
	case 0:
		exp = 0x7fff
	case 1:
		exp = uint16(s.IntN(3))
		mant ^= uint64(s.IntN(2)) << 63
	case 2:
		exp = []uint16{16383 - 127, 16383 - 149, 16383 + 128, 16383 - 1023, 16383 - 1074, 16383 + 1024, 16383 + 31, 16383 + 63, 16383 + 15}[s.IntN(9)]
	case 3:
		exp = uint16(s.Uint32()) & 0x7fff
		mant ^= uint64(s.IntN(8)/7) << 63
	case 4:
		if s.IntN(2) == 0 {
			exp, mant = 0, 0
		}
	}
	le.PutUint64(b[:], mant)
	le.PutUint16(b[8:], exp|uint16(s.IntN(2))<<15)
	return b
}

// c1 is C1 in the status word.
const c1 = 1 << 9

// nearly are the differences that transcendental instructions may have: C1, and a unit of the last place.
func nearly() []*silicon.Exception {
	return []*silicon.Exception{{
		Reason: "C1 after a transcendental instruction",
		Match: func(d *silicon.Difference) bool {
			const pending = 0x80 // FXAM behind it did not run
			return (transcendental(d.Code) || d.Before.X87.Status&pending != 0) && d.Field == "x87 status" && d.Bits == c1
		},
	}, {
		Reason: "a transcendental result is one unit of the last place off",
		Match: func(d *silicon.Difference) bool {
			if !transcendental(d.Code) || d.Field != "st(0)" && d.Field != "st(1)" {
				return false
			}
			return near(d.Want, d.Got)
		},
		Parts: true,
	}}
}

// near reports whether two registers, as differences show them, differ by a unit of the last place.
func near(a, b string) bool {
	var p, x, q, y uint64
	if _, err := fmt.Sscanf(a, "0x%x:%x", &p, &x); err != nil {
		return false
	}
	if _, err := fmt.Sscanf(b, "0x%x:%x", &q, &y); err != nil {
		return false
	}
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

// switched is a machine with a 64-bit kernel, whose saves of the state lose selectors.
func switched(t *testing.T, mode silicon.Mode) *simulated.Machine {
	if mode == silicon.Mode64 {
		return machine(t, mode)
	}
	return machines(t, mode)["compatibility mode"]
}

// TestSequencesAgreeWithProcessor runs programs in which control words and MXCSR change between x87, MMX, SSE and AVX
// instructions, and compares all of the state after each, C0 to C3 where the manual leaves them open too.
func TestSequencesAgreeWithProcessor(t *testing.T) {
	const perProgram = 12
	for _, mode := range silicon.Modes {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			hasAVX2(t)
			p, m := processor(t, mode), switched(t, mode)
			s := newSequenceSource(mode, *seed)
			c := silicon.Comparer{Conditions: true, Exceptions: slices.Concat(vectorDifferences(), saveDifferences(silicon.RDI, saveAt), nearly())}
			shown := 0
			for range *vectors {
				program := s.sequence(perProgram)
				want, err := p.Run(program, 3*perProgram)
				require.NoError(t, err)
				got, err := m.Run(program, 3*perProgram)
				require.NoError(t, err)
				if d := c.Compare(program, want, got); d != nil && shown < 20 {
					shown++
					t.Errorf("step %d % x %s (control %#x status %#x tag %#x mxcsr %#x): %s is %s on the processor, %s here", d.Step, d.Code, d.Text,
						d.Before.X87.Control, d.Before.X87.Status, d.Before.X87.Tag, d.Before.MXCSR, d.Field, d.Want, d.Got)
				}
			}
			t.Logf("%d programs, %d steps, %d parted", c.Programs, c.Steps, c.Parted)
			for _, e := range c.Exceptions {
				t.Logf("%6d  %s", e.Count, e.Reason)
			}
		})
	}
}
