//go:build unicorn && cgo && linux && amd64

package unicorn

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStepRunsExactlyOneInstruction(t *testing.T) {
	eachWidth(t, func(t *testing.T, w Width) {
		b := newBench(t, w, 0xb8, 1, 0, 0, 0 /* mov $1,%eax */, 0xb8, 2, 0, 0, 0, 0xeb, 0xf4 /* jmp codeAt */)
		for _, want := range []struct{ rip, rax uint64 }{{codeAt + 5, 1}, {codeAt + 10, 2}, {codeAt, 2}, {codeAt + 5, 1}} {
			require.True(t, b.retired())
			require.Equal(t, want.rip, b.core.RIP)
			require.Equal(t, want.rax, b.core.GPR[0])
		}
	})
}

// Bytes behind the current instruction that kill the library when they are
// translated: stepping must not look ahead at them.
func TestStepDoesNotTranslateWhatFollows(t *testing.T) {
	killers := map[string][]byte{
		"mov to dr7":             {0x0f, 0x23, 0xf8},
		"far call by register":   {0xff, 0xd8},
		"lock cmp":               {0xf0, 0x39, 0x00},
		"lock bt with registers": {0xf0, 0x0f, 0xa3, 0xc0},
	}
	eachWidth(t, func(t *testing.T, w Width) {
		for name, k := range killers {
			t.Run(name, func(t *testing.T) {
				b := newBench(t, w, append([]byte{0x89, 0xc1 /* mov %eax,%ecx */}, k...)...)
				require.True(t, b.retired())
				require.EqualValues(t, codeAt+2, b.core.RIP)
			})
		}
	})
}

func TestJumpIntoNothingIsNotTheJumpsFault(t *testing.T) {
	eachWidth(t, func(t *testing.T, w Width) {
		b := newBench(t, w, 0xe9, 0xfb, 0xff, 0x0f, 0x00) // jmp codeAt+0x100000
		require.True(t, b.retired())
		require.EqualValues(t, codeAt+0x100000, b.core.RIP)
	})
}

func TestRepStepsOneIteration(t *testing.T) {
	eachWidth(t, func(t *testing.T, w Width) {
		b := newBench(t, w, 0xf3, 0xaa, 0x90) // rep stosb; nop
		b.core.GPR[0], b.core.GPR[1], b.core.GPR[7] = 0x5a, 3, dataAt
		for left := uint64(2); ; left-- {
			require.True(t, b.retired())
			require.Equal(t, left, b.core.GPR[1])
			require.EqualValues(t, 1, b.x.Accesses)
			if left == 0 {
				break
			}
			require.EqualValues(t, codeAt, b.core.RIP, "still at the instruction")
		}
		if b.core.RIP == codeAt { // the library may take a last, empty round
			require.True(t, b.retired())
		}
		require.EqualValues(t, codeAt+2, b.core.RIP)
		require.Equal(t, []byte{0x5a, 0x5a, 0x5a, 0}, b.mem[4096:4100])
	})
}

func TestPushfPushesTheSteppingTF(t *testing.T) {
	eachWidth(t, func(t *testing.T, w Width) {
		b := newBench(t, w, 0x9c)
		require.True(t, b.retired())
		a := b.e.Accesses(&b.x)
		require.Len(t, a, 1)
		require.EqualValues(t, tf, a[0].New&tf)
		require.EqualValues(t, tf, b.core.RFLAGS&tf, "and leaves it in RFLAGS")
	})
}

func TestPopfDecidesTF(t *testing.T) {
	eachWidth(t, func(t *testing.T, w Width) {
		for _, image := range []uint64{2, 2 | tf} {
			b := newBench(t, w, 0x9d)
			b.core.GPR[4] = stackAt + 0x800
			b.mem[3*4096+0x800], b.mem[3*4096+0x801] = byte(image), byte(image>>8)
			require.True(t, b.retired())
			require.Equal(t, image&tf, b.core.RFLAGS&tf)
		}
	})
}

func TestShadowAfterSti(t *testing.T) {
	eachWidth(t, func(t *testing.T, w Width) {
		b := newBench(t, w, 0xfb, 0x90)
		require.True(t, b.retired())
		require.EqualValues(t, 1, b.core.Shadow)
		require.True(t, b.retired())
		require.Zero(t, b.core.Shadow)
	})
}

func TestPrivilegeIsEnforced(t *testing.T) {
	eachWidth(t, func(t *testing.T, w Width) {
		for _, op := range []byte{0xfa, 0xfb} { // cli, sti with IOPL 0
			b := newBench(t, w, op)
			b.core.CPL = 3
			b.core.Seg[1].Sel |= 3
			b.core.Seg[1].Flags |= 3 << 13
			b.core.Seg[2].Flags |= 3 << 13
			require.Equal(t, Intr, b.step())
			require.EqualValues(t, 13, b.x.Vector)
			require.EqualValues(t, codeAt, b.core.RIP)
		}
	})
}
