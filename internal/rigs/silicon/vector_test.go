package silicon_test

import (
	"encoding/binary"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu/insn"
	"trapline/internal/emu/interp"
	"trapline/internal/rigs/silicon"
	"trapline/internal/rigs/testkit"
)

var vectors = flag.Int("vectors", 1_500, "programs of SSE and AVX instructions compared in each mode")

// vectorForm is an SSE or AVX instruction up to its ModRM byte.
type vectorForm struct {
	vex     bool
	m       insn.Map
	pp      byte
	opcode  byte
	l, w    bool
	vvvv    bool // VEX.vvvv may name a register
	memory  bool // ModRM.rm may be in memory
	reg     bool // it may be a register
	gathers bool
}

// vectorForms lists every form that package interp runs.
func vectorForms(mode insn.Mode) (forms []vectorForm) {
	r := rand.New(rand.NewPCG(1, 1))
	for n := range 2 * 3 * 4 * 256 * 4 {
		f := vectorForm{vex: n&1 != 0, l: n>>1&1 != 0, w: n>>2&1 != 0, pp: byte(n >> 3 & 3), opcode: byte(n >> 5), m: insn.Map(1 + n>>13)}
		if !f.vex && f.l {
			continue
		}
		runs := func(g vectorForm, modRM byte) bool {
			g.memory = modRM < 0xc0
			code := append(g.head(r, 1, mode), modRM, 0x63, 0, 0, 0, 0, 0, 0)
			in, err := insn.Decode(code, mode)
			if err != nil {
				return false
			}
			op, ok := interp.Prepare(&in)
			return ok && op.Vector() && in.Opcode == f.opcode
		}
		for digit := range byte(8) {
			f.reg = f.reg || runs(f, 0xc1|digit<<3)
			f.memory = f.memory || runs(f, 0x44|digit<<3)
		}
		g := f
		g.vvvv = true
		for digit := range byte(8) {
			f.vvvv = f.vvvv || f.vex && (runs(g, 0xc1|digit<<3) || runs(g, 0x44|digit<<3))
		}
		f.gathers = f.vex && f.m == insn.Map0F38 && f.opcode&0xfc == 0x90
		if f.reg || f.memory {
			forms = append(forms, f)
		}
	}
	return forms
}

// head is the instruction up to its opcode. v is the register in VEX.vvvv, if the form has one.
func (f *vectorForm) head(r *rand.Rand, v byte, mode insn.Mode) []byte {
	bits := byte(0)
	if mode.Is64() {
		bits = byte(r.IntN(8))
		if f.memory {
			bits &^= 3 // the bases are the lower registers
		}
	}
	if f.vex {
		if !f.vvvv {
			v = 0
		}
		p1 := ^v&15<<3 | f.pp
		if f.l {
			p1 |= 4
		}
		if f.w {
			p1 |= 0x80
		}
		return []byte{0xc4, ^bits<<5 | byte(f.m), p1, f.opcode}
	}
	var b []byte
	b = append(b, [][]byte{nil, {0x66}, {0xf3}, {0xf2}}[f.pp]...)
	if mode.Is64() {
		rex := 0x40 | bits
		if f.w {
			rex |= 8
		}
		b = append(b, rex)
	}
	b = append(b, 0x0f)
	switch f.m {
	case insn.Map0F38:
		b = append(b, 0x38)
	case insn.Map0F3A:
		b = append(b, 0x3a)
	}
	return append(b, f.opcode)
}

// vectorSource makes programs of random SSE and AVX instructions.
type vectorSource struct {
	*rand.Rand
	mode  silicon.Mode
	forms []vectorForm
	next  int
}

func newVectorSource(mode silicon.Mode, seed uint64) *vectorSource {
	s := &vectorSource{Rand: rand.New(rand.NewPCG(seed, uint64(mode))), mode: mode, forms: vectorForms(decoderMode(mode))}
	s.Shuffle(len(s.forms), func(i, j int) { s.forms[i], s.forms[j] = s.forms[j], s.forms[i] })
	return s
}

func decoderMode(m silicon.Mode) insn.Mode {
	if m == silicon.Mode32 {
		return insn.Mode32
	}
	return insn.Mode64AMD
}

// Registers that instructions address memory through: all of them lie in the data region.
var vectorBases = []byte{silicon.RBX, silicon.RSI, silicon.RDI}

// Vector registers with small numbers, for gathers' indexes: of 32 and of 64 bits.
const index32, index64 = 6, 7

// instruction makes one of the next form.
func (s *vectorSource) instruction() []byte {
	for {
		f := &s.forms[s.next%len(s.forms)]
		s.next++
		for range 8 {
			code := s.encode(f)
			in, err := insn.Decode(code, decoderMode(s.mode))
			if err != nil {
				continue
			}
			if op, ok := interp.Prepare(&in); ok && op.Vector() {
				return code[:in.Len]
			}
		}
	}
}

func (s *vectorSource) encode(f *vectorForm) []byte {
	g := *f
	g.memory = f.memory && (!f.reg || s.IntN(2) == 0)
	v := byte(s.IntN(s.mode.Registers()))
	code := g.head(s.Rand, v, decoderMode(s.mode))
	modRM := byte(s.IntN(64)) | 0xc0
	tail := []byte{byte(s.Uint32()), byte(s.Uint32()), byte(s.Uint32()), byte(s.Uint32()), byte(s.Uint32()), byte(s.Uint32())}
	if g.memory {
		base := vectorBases[s.IntN(len(vectorBases))]
		modRM = modRM&0x38 | 0x40 | base
		disp := byte(s.IntN(4) * 16)
		if s.IntN(8) == 0 {
			disp = byte(s.Uint32())
		}
		if g.gathers {
			index := byte(index32)
			if f.opcode&1 != 0 {
				index = index64
			}
			modRM = modRM&^7 | 4
			return append(append(code, modRM, index<<3|base|byte(s.IntN(4))<<6, disp), tail...)
		}
		return append(append(code, modRM, disp), tail...)
	}
	return append(append(code, modRM), tail...)
}

// Numbers that floating-point and integer instructions treat in a special way.
var (
	special32 = []uint32{0, 1 << 31, 1, 0x80000001, 0x7fffff, 0x807fffff, 0x800000, 0x80800000, 0x3f800000, 0xbf800000, 0x7f7fffff, 0xff7fffff,
		0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7f800001, 0xff812345, 0x7fc54321, 0x4f000000, 0xcf000000, 0x4effffff, 0x3f000000,
		0x3fc00000, 0x40200000, 0x5f000000, 0x33800000, 0x38800000, 0x477fe000, 0x477ff000, 0x00ffffff, 0x34000000}
	special64 = []uint64{0, 1 << 63, 1, 1<<63 | 1, 1<<52 - 1, 1 << 52, 0x3ff0000000000000, 0xbff0000000000000, math.MaxInt64>>52<<52 - 1,
		0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000000, 0xfff8000000000000, 0x7ff0000000000001, 0xfff4567800000000, 0x7ff8123400000000,
		0x41dfffffffc00000, 0x41e0000000000000, 0xc1e0000000000000, 0xc1e0000000200000, 0x43e0000000000000, 0x43dfffffffffffff, 0x3fe0000000000000,
		0x4004000000000000, 0x36a0000000000000, 0x3690000000000000, 0x380fffffffffffff, 0x47efffffefffffff, 0x47effffff0000000, 0x3ca0000000000000}
)

// word is 64 bits: a number, two, or anything.
func (s *vectorSource) word() uint64 {
	near := func(bias uint64, fraction uint) uint64 {
		return uint64(s.IntN(2))<<(fraction+map[uint]uint{23: 8, 52: 11}[fraction]) | (bias+uint64(s.IntN(40))-20)<<fraction | s.Uint64()&(1<<fraction-1)
	}
	switch s.IntN(8) {
	case 0, 1:
		return uint64(special32[s.IntN(len(special32))]) | uint64(special32[s.IntN(len(special32))])<<32
	case 2, 3:
		return special64[s.IntN(len(special64))]
	case 4:
		return near(127, 23) | near(127, 23)<<32
	case 5:
		return near(1023, 52)
	case 6:
		return s.Uint64() & s.Uint64() & s.Uint64()
	}
	return s.Uint64()
}

func (s *vectorSource) fill(b []byte) {
	for i := 0; i+8 <= len(b); i += 8 {
		binary.LittleEndian.PutUint64(b[i:], s.word())
	}
}

// program makes so many instructions, with all that they run on.
func (s *vectorSource) program(instructions int) *silicon.Program {
	p := &silicon.Program{Mode: s.mode, Origin: silicon.CodeBase, Init: silicon.Reset(s.mode), Data: make([]byte, silicon.DataSize)}
	for range instructions {
		p.Code = append(p.Code, s.instruction()...)
	}
	p.Stop = p.Origin + uint64(len(p.Code))
	s.fill(p.Data)
	st := &p.Init
	for i := range s.mode.Registers() {
		s.fill(st.XMM[i][:])
		s.fill(st.Upper[i][:])
		if i != silicon.RSP {
			st.GPR[i] = s.Uint64() >> s.IntN(64)
			if s.mode == silicon.Mode32 {
				st.GPR[i] &= math.MaxUint32
			}
		}
	}
	for i := 0; i < 16; i += 4 {
		binary.LittleEndian.PutUint32(st.XMM[index32][i:], uint32(s.IntN(64)))
		binary.LittleEndian.PutUint32(st.Upper[index32][i:], uint32(s.IntN(64)))
	}
	for i := 0; i < 16; i += 8 {
		binary.LittleEndian.PutUint64(st.XMM[index64][i:], uint64(s.IntN(64)))
		binary.LittleEndian.PutUint64(st.Upper[index64][i:], -uint64(s.IntN(2))&uint64(s.IntN(64)))
	}
	for _, r := range []int{silicon.RAX, silicon.RDX} { // lengths of strings
		if s.IntN(2) == 0 {
			st.GPR[r] = uint64(s.IntN(20))
		}
	}
	for _, r := range vectorBases {
		st.GPR[r] = silicon.DataBase + 64*uint64(s.IntN((silicon.DataSize-512)/64))
		switch s.IntN(16) {
		case 0:
			st.GPR[r] += uint64(s.IntN(64))
		case 1:
			st.GPR[r] = silicon.DataBase + silicon.DataSize - uint64(s.IntN(64))
		}
	}
	const flags, masks, daz, rounding, ftz = 0x3f, 0x1f80, 1 << 6, 0x6000, 1 << 15
	st.MXCSR = masks | s.Uint32()&(rounding|daz)
	if s.IntN(3) == 0 {
		st.MXCSR ^= s.Uint32() & masks
	}
	if s.IntN(3) == 0 {
		st.MXCSR |= ftz
	}
	if s.IntN(4) == 0 {
		st.MXCSR |= s.Uint32() & flags
	}
	return p
}

// hasAVX2 skips the test unless the processor that runs it can judge.
func hasAVX2(t *testing.T) {
	t.Helper()
	testkit.NeedsAMD(t, "approximations, pointers of x87 and reserved forms")
	b, err := os.ReadFile("/proc/cpuinfo")
	have := strings.Fields(string(b))
	for _, flag := range []string{"avx2", "fma", "f16c", "sha_ni", "aes", "pclmulqdq"} {
		if err != nil || !slices.Contains(have, flag) {
			t.Skipf("the processor has no %s", flag)
		}
	}
}

// TestVectorsAgreeWithProcessor runs every SSE and AVX instruction that package interp has, with every rounding
// mode and exceptions masked and unmasked, on both sides.
func TestVectorsAgreeWithProcessor(t *testing.T) {
	const perProgram = 8
	for _, mode := range silicon.Modes {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			hasAVX2(t)
			p, m := processor(t, mode), machine(t, mode)
			s := newVectorSource(mode, *seed)
			c := silicon.Comparer{Exceptions: vectorDifferences()}
			shown := map[string]int{}
			for range *vectors {
				program := s.program(perProgram)
				want, err := p.Run(program, perProgram)
				require.NoError(t, err)
				got, err := m.Run(program, perProgram)
				require.NoError(t, err)
				d := c.Compare(program, want, got)
				if d == nil {
					continue
				}
				in, _ := insn.Decode(program.Code[d.PC-program.Origin:], decoderMode(mode))
				form := fmt.Sprintf("%v %02x", in.Map, in.Opcode)
				if shown[form]++; shown[form] <= 2 && len(shown) < 30 {
					t.Errorf("% x (mxcsr %#x): %s is %s on the processor, %s here", program.Code[d.PC-program.Origin:][:in.Len], d.Before.MXCSR, d.Field, d.Want, d.Got)
				}
			}
			t.Logf("%d forms, %d programs, %d steps", len(s.forms), c.Programs, c.Steps)
			for _, e := range c.Exceptions {
				t.Logf("%6d  %s", e.Count, e.Reason)
			}
		})
	}
}

// vectorDifferences are those from this processor that are explained.
func vectorDifferences() []*silicon.Exception {
	return []*silicon.Exception{{
		Reason: "LDMXCSR sets bit 17 on AMD's processors, which let SSE operands be misaligned then; CPUID does not show it here",
		Match: func(d *silicon.Difference) bool {
			in, err := insn.Decode(d.Code, decoderMode(d.Program.Mode))
			return err == nil && in.Opcode == 0xae && in.Digit() == 2
		},
		Parts: true,
	}, {
		Reason: "MASKMOVQ that faults has made every register one in use, TOP 0",
		Match: func(d *silicon.Difference) bool {
			in, err := insn.Decode(d.Code, decoderMode(d.Program.Mode))
			x87 := d.Field == "x87 tag" || d.Field == "x87 status" || strings.HasPrefix(d.Field, "st(")
			return err == nil && in.Attr().Has(insn.MMX) && in.Opcode == 0xf7 && x87
		},
		Parts: true,
	}}
}

// saveForms are FXSAVE, FXRSTOR, XSAVE, XRSTOR and XSAVEC of (%rbx), and what changes the state between
// them. What XSAVEOPT leaves out depends on when the kernel last restored the state (SDM vol. 1, 13.5.4).
var saveForms = [][]byte{
	{0x0f, 0xae, 0x03}, {0x0f, 0xae, 0x0b}, {0x0f, 0xae, 0x23}, {0x0f, 0xae, 0x2b}, {0x0f, 0xc7, 0x23},
	{0xc5, 0xfc, 0x77}, {0xc5, 0xf8, 0x77}, // vzeroall, vzeroupper
	{0x0f, 0xae, 0x53, 0x18}, // ldmxcsr 24(%rbx)
}

// saves makes a program of them on an area whose header is sometimes one that is refused.
func (s *vectorSource) saves(instructions int) *silicon.Program {
	p := s.program(0)
	for range instructions {
		p.Code = append(p.Code, saveForms[s.IntN(len(saveForms))]...)
	}
	p.Stop = p.Origin + uint64(len(p.Code))
	st := &p.Init
	st.GPR[silicon.RBX] = silicon.DataBase + 0x400
	if s.IntN(8) == 0 {
		st.GPR[silicon.RBX] += uint64(s.IntN(4) * 16)
	}
	st.GPR[silicon.RAX], st.GPR[silicon.RDX] = uint64(s.IntN(8)), 0
	area := p.Data[0x400:]
	clear(area[512:576])
	area[512] = byte(s.IntN(8))
	switch s.IntN(8) {
	case 0:
		area[520] = byte(s.IntN(2))
	case 1:
		area[520], area[527] = byte(s.IntN(8)), 0x80
	case 2:
		area[528+s.IntN(48)] = byte(s.IntN(2))
	}
	binary.LittleEndian.PutUint32(area[24:], uint32(s.IntN(1<<16)))
	for i := 26; i < 512; i += 16 {
		area[i] &^= 2 // bit 17 of MXCSR where the area may begin: AMD's misaligned operands
	}
	if s.IntN(8) == 0 {
		area[27] = 1
	}
	clear(area[:24]) // x87's control word and state as after reset
	area[0], area[1] = 0x7f, 3
	return p
}

// saveDifferences are those of FXSAVE and XSAVE to an area that register base and disp address.
func saveDifferences(base int, disp uint64) []*silicon.Exception {
	return []*silicon.Exception{{
		Reason: "MXCSR_MASK has AMD's bit 17",
		Match: func(d *silicon.Difference) bool {
			return d.Field == fmt.Sprintf("memory at %#x", d.Before.GPR[base]+disp+30)
		},
	}, {
		Reason: "a component of zeros counts as in use, as it may (SDM vol. 1, 13.6)",
		Match: func(d *silicon.Difference) bool {
			code := d.Code
			if len(code) > 0 && code[0]&0xf8 == 0x48 {
				code = code[1:]
			}
			saves := len(code) > 2 && code[0] == 0x0f && (code[1] == 0xae || code[1] == 0xc7) && code[2]>>3&7 == 4
			return saves && (d.Field == fmt.Sprintf("memory at %#x", d.Before.GPR[base]+disp+512) || d.Want == "0x00" && d.Got == "unchanged")
		},
		Parts: true,
	}}
}

// TestSavesAgreeWithProcessor runs FXSAVE's and XSAVE's families on both sides.
func TestSavesAgreeWithProcessor(t *testing.T) {
	const perProgram = 6
	for _, mode := range silicon.Modes {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			hasAVX2(t)
			p, m := processor(t, mode), switched(t, mode)
			s := newVectorSource(mode, *seed)
			c := silicon.Comparer{Exceptions: saveDifferences(silicon.RBX, 0)}
			shown := 0
			for range *vectors / 3 {
				program := s.saves(perProgram)
				want, err := p.Run(program, perProgram)
				require.NoError(t, err)
				got, err := m.Run(program, perProgram)
				require.NoError(t, err)
				if d := c.Compare(program, want, got); d != nil && shown < 12 {
					shown++
					t.Errorf("step %d % x, area %#x, mask %d: %s is %s on the processor, %s here", d.Step, program.Code[d.PC-program.Origin:][:3], d.Before.GPR[silicon.RBX], d.Before.GPR[silicon.RAX], d.Field, d.Want, d.Got)
				}
			}
			t.Logf("%d programs, %d steps, %d parted", c.Programs, c.Steps, c.Parted)
			for _, e := range c.Exceptions {
				t.Logf("%6d  %s", e.Count, e.Reason)
			}
		})
	}
}
