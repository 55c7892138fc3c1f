package emu

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestCPUID: the instruction writes all four registers, leaf 1 shows what
// programs ask for before they run at all, and nothing of AVX.
func TestCPUID(t *testing.T) {
	for _, a := range []Arch{I386, AMD64} {
		feature := a.cpuid(1, 0)
		for name, bit := range map[string]int{"FPU": 0, "TSC": 4, "CX8": 8, "CMOV": 15, "MMX": 23, "FXSR": 24, "SSE": 25, "SSE2": 26} {
			assert.NotZero(t, feature[3]>>bit&1, "%v %s", a, name)
		}
		for name, bit := range map[string]int{"FMA": 12, "XSAVE": 26, "OSXSAVE": 27, "AVX": 28, "F16C": 29} {
			assert.Zero(t, feature[2]>>bit&1, "%v %s", a, name)
		}
		assert.Zero(t, a.cpuid(7, 0)[1]>>5&1, "AVX2")
		assert.Equal(t, a == AMD64, a.cpuid(0x80000001, 0)[3]>>29&1 != 0, "long mode")
		assert.Zero(t, a.cpuid(0x12345, 0), "no such leaf")
	}
}
