package insn

import (
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/arch/x86/x86asm"
)

// TestLengthsAgainstX86asm compares lengths with golang.org/x/arch where it knows the instruction; it accepts
// much that is #UD, so only what Decode accepts is compared.
func TestLengthsAgainstX86asm(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 14))
	for m, bits := range map[Mode]int{Mode32: 32, Mode64: 64} {
		failures, compared := &report{t: t, left: 5}, 0
		for _, code := range slices.Concat(legacyCandidates(), randomCandidates(random, 25000)) {
			i, err := Decode(code, m)
			if err != nil || i.Vex.Kind != VexNone {
				continue
			}
			got, err := x86asm.Decode(code, bits)
			if err != nil || got.Op == 0 { // unknown to it: it returns the first prefix alone
				continue
			}
			if i.form&modIgnored != 0 && i.Mod() != 3 { // it heeds ModRM.mod; SDM vol. 2, MOV CR: taken as 11b
				continue
			}
			compared++
			if got.Len != i.Len {
				failures.add("%v % x: ours %d bytes, x86asm %d, %v", m, code, i.Len, got.Len, got)
			}
		}
		if compared < 20000 {
			t.Errorf("%v: compared %d only", m, compared)
		}
	}
}
