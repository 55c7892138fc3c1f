//go:build unicorn && cgo && linux && amd64

package unicorn

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExits(t *testing.T) {
	tests := []struct {
		name   string
		code   []byte
		status Status
		vector int32
		kind   MemKind
		addr   uint64
		rip    uint64 // from codeAt
	}{
		{name: "int3", code: []byte{0xcc}, status: Intr, vector: 3, rip: 1},
		{name: "cd 03", code: []byte{0xcd, 3}, status: Intr, vector: 3, rip: 2},
		{name: "int 0x80", code: []byte{0xcd, 0x80}, status: Intr, vector: 0x80, rip: 2},
		{name: "div by zero", code: []byte{0xf7, 0xf1}, status: Intr, vector: 0},
		{name: "ud2", code: []byte{0x0f, 0x0b}, status: Invalid},
		{name: "read unmapped", code: []byte{0x8b, 0x03}, status: Mem, kind: ReadUnmapped, addr: 0x40000},
		{name: "write unmapped", code: []byte{0x89, 0x03}, status: Mem, kind: WriteUnmapped, addr: 0x40000},
	}
	eachWidth(t, func(t *testing.T, w Width) {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				b := newBench(t, w, tt.code...)
				b.core.GPR[3] = 0x40000
				before := b.core
				require.Equal(t, tt.status, b.step())
				require.Equal(t, tt.vector, b.x.Vector)
				require.Equal(t, tt.kind, b.x.MemKind)
				require.Equal(t, tt.addr, b.x.MemAddr)
				require.EqualValues(t, codeAt+tt.rip, b.core.RIP)
				require.Equal(t, before.GPR, b.core.GPR)
			})
		}
	})
}

func TestProtectedAccesses(t *testing.T) {
	eachWidth(t, func(t *testing.T, w Width) {
		b := newBench(t, w, 0x89, 0x03)
		require.NoError(t, b.e.Protect(dataAt, 4096, ProtRead))
		b.core.GPR[3] = dataAt
		require.Equal(t, Mem, b.step())
		require.Equal(t, WriteProt, b.x.MemKind)
		b.core.RIP = dataAt
		require.Equal(t, Mem, b.step())
		require.Equal(t, FetchProt, b.x.MemKind)
	})
}

// Left alone the library turns every second fault into vector 8.
func TestSecondFaultIsNotADoubleFault(t *testing.T) {
	eachWidth(t, func(t *testing.T, w Width) {
		b := newBench(t, w, 0xf7, 0xf1) // div %ecx
		for range 4 {
			require.Equal(t, Intr, b.step())
			require.EqualValues(t, 0, b.x.Vector)
		}
		b.core.CPL = 3
		b.mem[0] = 0xfa // cli
		b.e.RemoveCache(codeAt, codeAt+1)
		for range 4 {
			require.Equal(t, Intr, b.step())
			require.EqualValues(t, 13, b.x.Vector)
		}
		b.core.CPL = 0
		require.True(t, b.retired(), "and work goes on")
	})
}

// An assertion of the translator must leave the process alive and that
// instance only unusable.
func TestAbortInsideTheLibraryIsSurvived(t *testing.T) {
	eachWidth(t, func(t *testing.T, w Width) {
		b := newBench(t, w, 0xf0, 0x0f, 0xa3, 0xc1) // lock bt %eax,%ecx: no such form
		other := newBench(t, w, 0x90)
		require.Equal(t, Dead, b.step())
		require.Equal(t, Dead, b.step(), "it stays dead")
		require.EqualValues(t, codeAt, b.core.RIP)
		require.True(t, other.retired())
	})
}

func TestSelfCheckNamesWhatDiffers(t *testing.T) {
	require.NoError(t, Check())
	require.NoError(t, check(0))
	err := check(8)
	require.ErrorIs(t, err, ErrLibrary)
	require.ErrorContains(t, err, "register 0 is not at offset 0 of the saved context")
	require.ErrorContains(t, err, "libunicorn "+Version())
}
