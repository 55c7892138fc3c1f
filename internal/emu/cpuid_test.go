package emu

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/x86"
)

// TestCPUID: the instruction writes all four registers, leaf 1 shows what
// programs ask for before they run at all, and nothing of AVX.
func TestCPUID(t *testing.T) {
	for _, a := range []x86.Arch{x86.I386, x86.AMD64} {
		feature := cpuid(a, V2, 1, 0)
		for name, bit := range map[string]int{"FPU": 0, "TSC": 4, "CX8": 8, "CMOV": 15, "MMX": 23, "FXSR": 24, "SSE": 25, "SSE2": 26} {
			assert.NotZero(t, feature[3]>>bit&1, "%v %s", a, name)
		}
		for name, bit := range map[string]int{"FMA": 12, "XSAVE": 26, "OSXSAVE": 27, "AVX": 28, "F16C": 29} {
			assert.Zero(t, feature[2]>>bit&1, "%v %s", a, name)
		}
		assert.Zero(t, cpuid(a, V2, 7, 0)[1]>>5&1, "AVX2")
		assert.Equal(t, a == x86.AMD64, cpuid(a, V2, 0x80000001, 0)[3]>>29&1 != 0, "long mode")
		assert.Zero(t, cpuid(a, V2, 0x12345, 0), "no such leaf")
	}
}

// setLevel makes c's processor one of a level, with a kernel that uses what there
// is.
func setLevel(c *CPU, l Level) {
	c.Space.level = l
	if l.has(extXSAVE) {
		c.Sys.CR4 |= CR4OSXSAVE
		c.Sys.XCR0 = xcr0Bits
	}
}

// TestCPUIDOfLevels: each level shows what the psABI says of it.
func TestCPUIDOfLevels(t *testing.T) {
	for name, x := range map[string]struct {
		leaf uint32
		reg  int
		bit  int
		from Level
	}{
		"SSE3": {1, 2, 0, V2}, "SSSE3": {1, 2, 9, V2}, "CX16": {1, 2, 13, V2}, "SSE4.1": {1, 2, 19, V2}, "SSE4.2": {1, 2, 20, V2},
		"POPCNT": {1, 2, 23, V2}, "LAHF": {0x80000001, 2, 0, V2},
		"AVX": {1, 2, 28, V3}, "AVX2": {7, 1, 5, V3}, "FMA": {1, 2, 12, V3}, "F16C": {1, 2, 29, V3}, "OSXSAVE": {1, 2, 27, V3},
	} {
		for l := V1; l <= V3; l++ {
			_, c := newTest(t, x86.AMD64, 0x0f, 0xa2)
			setLevel(c, l)
			c.GPR[x86.RAX], c.GPR[x86.RCX] = uint64(x.leaf), 0
			c.cpuidInsn()
			r := [4]uint64{c.GPR[x86.RAX], c.GPR[x86.RBX], c.GPR[x86.RCX], c.GPR[x86.RDX]}
			assert.Equal(t, l >= x.from, r[x.reg]>>x.bit&1 != 0, "%s on %v", name, l)
		}
	}
}

// TestCPUIDHasTheInitialAPICID: leaf 1 tells processors apart (SDM vol. 2, CPUID,
// EBX bits 31 to 24), by the numbers to which the x2APIC's ICR sends.
func TestCPUIDHasTheInitialAPICID(t *testing.T) {
	m, err := New(Config{Arch: x86.AMD64, CPUs: MaxCPUs, Memory: 1 << 20})
	require.NoError(t, err)
	t.Cleanup(m.Close)
	for _, c := range m.CPUs {
		c.GPR[x86.RAX], c.GPR[x86.RCX] = 1, 0
		c.cpuidInsn()
		assert.Equal(t, uint64(c.ID)<<24|8<<8, c.GPR[x86.RBX])
	}
}

// TestCPUIDOfXSAVE: leaf 0DH has the sizes of XSAVE's area for XCR0 and for all.
func TestCPUIDOfXSAVE(t *testing.T) {
	_, c := newTest(t, x86.AMD64, 0x0f, 0xa2)
	setLevel(c, V3)
	read := func(subleaf uint64) [4]uint64 {
		c.GPR[x86.RAX], c.GPR[x86.RCX] = 0xd, subleaf
		c.cpuidInsn()
		return [4]uint64{c.GPR[x86.RAX], c.GPR[x86.RBX], c.GPR[x86.RCX], c.GPR[x86.RDX]}
	}
	assert.Equal(t, [4]uint64{7, 832, 832, 0}, read(0))
	assert.Equal(t, [4]uint64{256, 576, 0, 0}, read(2))
	c.Sys.XCR0 = 3
	assert.Equal(t, [4]uint64{7, 576, 832, 0}, read(0))
}
