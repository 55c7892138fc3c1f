package insn

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// textTrials are instructions of every row of textTable, with random operands.
func textTrials(r *rand.Rand, m Mode) (codes [][]byte) {
	for key, rows := range textRows() {
		for n := range rows {
			for range 48 {
				if code, ok := textTrial(r, m, key, &rows[n]); ok {
					codes = append(codes, code)
				}
			}
		}
	}
	return codes
}

func textTrial(r *rand.Rand, m Mode, key textKey, row *textRow) ([]byte, bool) {
	tail := make([]byte, 7)
	for i := range tail {
		tail[i] = byte(r.Uint32())
	}
	if tail[0]&7 == 4 && tail[0] < 0xc0 && tail[1]>>3&7 == 4 { // a SIB byte without an index, which has several forms
		tail[1] ^= 0x08
	}
	v := byte(r.IntN(16))
	if r.IntN(2) == 0 {
		v = 0
	}
	bits := byte(r.IntN(8))
	if !m.Is64() {
		bits = 0
	}
	w, l := byte(r.IntN(2)), byte(r.IntN(2))
	code := []byte{0xc4, ^bits<<5 | byte(key.m), w<<7 | ^v&15<<3 | l<<2 | key.pp, key.opcode}
	if strings.HasPrefix(row.att, "ad") {
		code = []byte{[]byte{0, 0x66, 0xf3}[key.pp], 0x48 | bits&5, 0x0f, 0x38, 0xf6}
		if !m.Is64() {
			code = []byte{[]byte{0, 0x66, 0xf3}[key.pp], 0x0f, 0x38, 0xf6}
		}
	}
	code = append(code, tail...)
	in, err := Decode(code, m)
	if err != nil || in.textRow() != row {
		return nil, false
	}
	return code[:in.Len], true
}

// TestTextIsObjdumps: every instruction of the table is written as objdump writes it.
func TestTextIsObjdumps(t *testing.T) {
	for _, m := range []Mode{Mode32, Mode64} {
		t.Run(m.String(), func(t *testing.T) {
			codes := textTrials(rand.New(rand.NewPCG(1, 1)), m)
			rows := map[*textRow]bool{}
			wrong := 0
			for n, d := range objdumpSlots(t, m, codes) {
				in, err := Decode(codes[n], m)
				if err != nil || d.bad() || in.Opcode == 0x44 && in.Imm&^1 == 2 { // of VPCLMULQDQ objdump takes bit 1 for bit 4
					continue
				}
				rows[in.textRow()] = true
				want, _, _ := strings.Cut(d.text, "#")
				want = strings.Join(strings.Fields(want), " ")
				got, ok := in.Text(false, 0, func(uint64) string { return "" })
				if got != want || !ok {
					if wrong++; wrong < 20 {
						t.Errorf("% x: %q, objdump has %q", codes[n], got, want)
					}
				}
			}
			t.Logf("%d instructions of %d rows", len(codes), len(rows))
			if len(rows) < 380 {
				t.Errorf("%d rows tried", len(rows))
			}
		})
	}
}

// TestTextOfIntel: sizes of memory and the order of operands in Intel's syntax; a name in the place of an address.
func TestTextOfIntel(t *testing.T) {
	named := func(a uint64) string {
		if a == 0x401010 {
			return "table"
		}
		return ""
	}
	for _, x := range []struct {
		code  []byte
		intel string
		att   string
	}{
		{[]byte{0xc5, 0xf5, 0xfe, 0x44, 0x8b, 0x20}, "vpaddd ymm0, ymm1, ymmword ptr [rbx+rcx*4+0x20]", "vpaddd 0x20(%rbx,%rcx,4),%ymm1,%ymm0"},
		{[]byte{0xc5, 0xf8, 0x28, 0x05, 0x08, 0x00, 0x00, 0x00}, "vmovaps xmm0, xmmword ptr [rip+table]", "vmovaps table(%rip),%xmm0"},
		{[]byte{0xc5, 0xf9, 0x5a, 0x03}, "vcvtpd2ps xmm0, xmmword ptr [rbx]", "vcvtpd2psx (%rbx),%xmm0"},
		{[]byte{0xc4, 0xe2, 0x70, 0xf2, 0xc3}, "andn eax, ecx, ebx", "andn %ebx,%ecx,%eax"},
		{[]byte{0xc5, 0xf0, 0xc2, 0xc2, 0x01}, "vcmpltps xmm0, xmm1, xmm2", "vcmpltps %xmm2,%xmm1,%xmm0"},
		{[]byte{0x66, 0x0f, 0x38, 0xf6, 0xc3}, "adcx eax, ebx", "adcx %ebx,%eax"},
	} {
		in, err := Decode(x.code, Mode64)
		if err != nil {
			t.Fatal(err)
		}
		for intel, want := range map[bool]string{true: x.intel, false: x.att} {
			if got, ok := in.Text(intel, 0x401000, named); !ok || got != want {
				t.Errorf("% x: %q, want %q", x.code, got, want)
			}
		}
	}
}
