package emu

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/x86"
)

// TestExtensionsByCPUID: an instruction runs if its bit is set in CPUID, and is
// #UD if not.
func TestExtensionsByCPUID(t *testing.T) {
	for name, x := range map[string]struct {
		leaf     uint32
		subleaf  uint32
		register int // 0 to 3: EAX, EBX, ECX, EDX
		bit      int
		code     []byte
	}{
		"SSE3":       {1, 0, 2, 0, []byte{0xf2, 0x0f, 0x7c, 0xc1}},             // haddps
		"PCLMUL":     {1, 0, 2, 1, []byte{0x66, 0x0f, 0x3a, 0x44, 0xc1, 0x00}}, // pclmulqdq
		"SSSE3":      {1, 0, 2, 9, []byte{0x66, 0x0f, 0x38, 0x00, 0xc1}},       // pshufb
		"SSE4.1":     {1, 0, 2, 19, []byte{0x66, 0x0f, 0x38, 0x10, 0xc1}},      // pblendvb
		"SSE4.2":     {1, 0, 2, 20, []byte{0xf2, 0x0f, 0x38, 0xf0, 0xc1}},      // crc32
		"MOVBE":      {1, 0, 2, 22, []byte{0x0f, 0x38, 0xf0, 0x03}},            // movbe (%rbx),%eax
		"POPCNT":     {1, 0, 2, 23, []byte{0xf3, 0x0f, 0xb8, 0xc1}},            // popcnt
		"AES":        {1, 0, 2, 25, []byte{0x66, 0x0f, 0x38, 0xdc, 0xc1}},      // aesenc
		"XSAVE":      {1, 0, 2, 26, []byte{0x0f, 0xae, 0x23}},                  // xsave (%rbx)
		"OSXSAVE":    {1, 0, 2, 27, []byte{0x0f, 0x01, 0xd0}},                  // xgetbv
		"AVX":        {1, 0, 2, 28, []byte{0xc5, 0xf8, 0x58, 0xc1}},            // vaddps
		"RDRAND":     {1, 0, 2, 30, []byte{0x0f, 0xc7, 0xf0}},                  // rdrand %eax
		"CMOV":       {1, 0, 3, 15, []byte{0x0f, 0x44, 0xc1}},                  // cmove
		"CLFLUSH":    {1, 0, 3, 19, []byte{0x0f, 0xae, 0x3b}},                  // clflush (%rbx)
		"FSGSBASE":   {7, 0, 1, 0, []byte{0xf3, 0x48, 0x0f, 0xae, 0xc0}},       // rdfsbase %rax
		"F16C":       {1, 0, 2, 29, []byte{0xc4, 0xe2, 0x79, 0x13, 0xc1}},      // vcvtph2ps
		"FMA":        {1, 0, 2, 12, []byte{0xc4, 0xe2, 0x71, 0x98, 0xc1}},      // vfmadd132ps
		"AVX2":       {7, 0, 1, 5, []byte{0xc5, 0xf5, 0xfe, 0xc1}},             // vpaddd %ymm1,%ymm1,%ymm0
		"XSAVEOPT":   {13, 1, 0, 0, []byte{0x0f, 0xae, 0x33}},
		"XSAVEC":     {13, 1, 0, 1, []byte{0x0f, 0xc7, 0x23}},
		"VAES":       {7, 0, 2, 9, []byte{0xc4, 0xe2, 0x75, 0xdc, 0xc1}},        // vaesenc %ymm1,%ymm1,%ymm0
		"VPCLMUL":    {7, 0, 2, 10, []byte{0xc4, 0xe3, 0x75, 0x44, 0xc1, 0x00}}, // vpclmulqdq of 256 bits
		"AVX-VNNI":   {7, 1, 0, 4, []byte{0xc4, 0xe2, 0x71, 0x50, 0xc1}},        // vpdpbusd
		"BMI1":       {7, 0, 1, 3, []byte{0xc4, 0xe2, 0x70, 0xf2, 0xc1}},        // andn
		"BMI2":       {7, 0, 1, 8, []byte{0xc4, 0xe2, 0x73, 0xf6, 0xc1}},        // mulx
		"INVPCID":    {7, 0, 1, 10, []byte{0x66, 0x0f, 0x38, 0x82, 0x03}},       // invpcid (%rbx),%rax
		"RTM":        {7, 0, 1, 11, []byte{0xc7, 0xf8, 0x00, 0x00, 0x00, 0x00}}, // xbegin
		"AVX-512":    {7, 0, 1, 16, []byte{0x62, 0xf1, 0x74, 0x48, 0x58, 0xc1}}, // vaddps
		"RDSEED":     {7, 0, 1, 18, []byte{0x0f, 0xc7, 0xf8}},                   // rdseed %eax
		"ADX":        {7, 0, 1, 19, []byte{0x66, 0x0f, 0x38, 0xf6, 0xc1}},       // adcx
		"SMAP":       {7, 0, 1, 20, []byte{0x0f, 0x01, 0xca}},                   // clac
		"CLFLUSHOPT": {7, 0, 1, 23, []byte{0x66, 0x0f, 0xae, 0x3b}},             // clflushopt (%rbx)
		"CLWB":       {7, 0, 1, 24, []byte{0x66, 0x0f, 0xae, 0x33}},             // clwb (%rbx)
		"SHA":        {7, 0, 1, 29, []byte{0x0f, 0x38, 0xc8, 0xc1}},             // sha1nexte
		"GFNI":       {7, 0, 2, 8, []byte{0x66, 0x0f, 0x38, 0xcf, 0xc1}},        // gf2p8mulb
		"RDPID":      {7, 0, 2, 22, []byte{0xf3, 0x0f, 0xc7, 0xf8}},             // rdpid %rax
		"MOVDIRI":    {7, 0, 2, 27, []byte{0x0f, 0x38, 0xf9, 0x03}},             // movdiri %eax,(%rbx)
		"LZCNT":      {0x80000001, 0, 2, 5, []byte{0xf3, 0x0f, 0xbd, 0xc1}},     // lzcnt
		"SSE4A":      {0x80000001, 0, 2, 6, []byte{0xf2, 0x0f, 0x2b, 0x03}},     // movntsd %xmm0,(%rbx)
		"RDTSCP":     {0x80000001, 0, 3, 27, []byte{0x0f, 0x01, 0xf9}},          // rdtscp
	} {
		for l := V1; l <= V3; l++ {
			t.Run(fmt.Sprintf("%s/%v", name, l), func(t *testing.T) {
				m, c, k := newTaken(t, x86.AMD64, x.code...)
				setLevel(c, l)
				c.GPR[x86.RAX], c.GPR[x86.RCX] = uint64(x.leaf), uint64(x.subleaf)
				c.cpuidInsn()
				shown := [4]uint64{c.GPR[x86.RAX], c.GPR[x86.RBX], c.GPR[x86.RCX], c.GPR[x86.RDX]}[x.register]
				c.GPR[x86.RBX], c.GPR[x86.RCX] = 0x5000, 0
				m.Step(0)
				require.NoError(t, m.Err())
				if shown>>x.bit&1 != 0 || name == "LZCNT" { // without the extension it is BSR
					require.Empty(t, k.traps)
					require.EqualValues(t, 0x1000+len(x.code), c.RIP)
				} else {
					require.Equal(t, *Fault(x86.VecUD), k.last(t))
				}
			})
		}
	}
}

// TestRandomFollowsTheSeed: the numbers of RDRAND and RDSEED are those of the
// machine's seed, and differ from each other.
func TestRandomFollowsTheSeed(t *testing.T) {
	draw := func(seed uint64) (v [2]uint64) {
		m, c := newTest(t, x86.AMD64, 0x48, 0x0f, 0xc7, 0xf0, 0x48, 0x0f, 0xc7, 0xf9) // rdrand %rax; rdseed %rcx
		m.seed = seed
		m.Step(0)
		m.Step(0)
		require.NotZero(t, c.RFLAGS&x86.CF)
		return [2]uint64{c.GPR[x86.RAX], c.GPR[x86.RCX]}
	}
	one, other := draw(1), draw(2)
	require.Equal(t, one, draw(1))
	require.NotEqual(t, one[0], one[1])
	require.NotEqual(t, one[0], other[0])
	require.NotEqual(t, one[1], other[1])
}
