//go:build unicorn && cgo && linux && amd64

package unicorn

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// A host write behind the library's back is not seen until RemoveCache.
func TestRemoveCacheShowsHostWrites(t *testing.T) {
	eachWidth(t, func(t *testing.T, w Width) {
		b := newBench(t, w, 0xb8, 1, 0, 0, 0)
		require.True(t, b.retired())
		b.mem[1] = 2
		b.e.RemoveCache(codeAt, codeAt+1)
		b.core.RIP = codeAt
		require.True(t, b.retired())
		require.EqualValues(t, 2, b.core.GPR[0])
	})
}

// Stores do not look for translations (interpose.c): a changed instruction
// needs RemoveCache, whoever changed it.
func TestGuestStoreToCodeNeedsRemoveCache(t *testing.T) {
	eachWidth(t, func(t *testing.T, w Width) {
		b := newBench(t, w, 0xc6, 0x03, 7 /* movb $7,(%ebx) */, 0xb0, 1 /* mov $1,%al */)
		b.core.RIP = codeAt + 3
		require.True(t, b.retired())
		require.EqualValues(t, 1, b.core.GPR[0])
		b.core.RIP, b.core.GPR[3] = codeAt, codeAt+4
		require.True(t, b.retired())
		b.e.RemoveCache(codeAt+3, codeAt+4)
		require.True(t, b.retired())
		require.EqualValues(t, 7, b.core.GPR[0])
	})
}

// A context, SSE state included, goes on in another instance of other privilege.
func TestContextMovesBetweenInstances(t *testing.T) {
	eachWidth(t, func(t *testing.T, w Width) {
		b := newBench(t, w,
			0x66, 0x0f, 0x6e, 0xc0, // movd %eax,%xmm0
			0xd9, 0xe8, // fld1
			0x66, 0x0f, 0x7e, 0xc1, // movd %xmm0,%ecx
			0xdb, 0x1b) // fistpl (%ebx)
		second := b.open(w)
		b.core.GPR[0], b.core.GPR[3] = 0x1234, dataAt
		require.True(t, b.retired())
		require.True(t, b.retired())
		b.e = second
		require.True(t, b.retired())
		require.True(t, b.retired())
		require.EqualValues(t, 0x1234, b.core.GPR[1])
		require.EqualValues(t, 1, b.mem[4096])
	})
}

func TestContextSaveLoad(t *testing.T) {
	b := newBench(t, Width64, 0x66, 0x0f, 0x6e, 0xc0, 0x66, 0x0f, 0x7e, 0xc1)
	fresh := make([]byte, ContextSize)
	b.c.Save(fresh)
	b.core.GPR[0] = 0x77
	require.True(t, b.retired())
	b.c.Load(fresh)
	require.True(t, b.retired())
	require.Zero(t, b.core.GPR[1], "xmm0 is as it was at reset")
}

func TestAccessRecording(t *testing.T) {
	tests := []struct {
		name string
		code []byte
		at   uint64
		want []Access
	}{
		{"read", []byte{0x8b, 0x03}, dataAt, []Access{{Addr: dataAt, Old: 0x03020100, Size: 4, Kind: Read}}},
		{"write", []byte{0x89, 0x03}, dataAt, []Access{{Addr: dataAt, Old: 0x03020100, New: 0xaabbccdd, Size: 4, Kind: Write}}},
		{"read and write", []byte{0x87, 0x03}, dataAt, []Access{
			{Addr: dataAt, Old: 0x03020100, Size: 4, Kind: Read},
			{Addr: dataAt, Old: 0x03020100, New: 0xaabbccdd, Size: 4, Kind: Write},
		}},
		{"16 bytes", []byte{0x0f, 0x11, 0x03}, dataAt, []Access{
			{Addr: dataAt, Old: 0x0706050403020100, Size: 8, Kind: Write},
			{Addr: dataAt + 8, Old: 0x0f0e0d0c0b0a0908, Size: 8, Kind: Write},
		}},
	}
	eachWidth(t, func(t *testing.T, w Width) {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				b := newBench(t, w, tt.code...)
				for i := range 16 {
					b.mem[4096+i] = byte(i)
				}
				b.core.GPR[0], b.core.GPR[3] = 0xaabbccdd, tt.at
				require.True(t, b.retired())
				require.Equal(t, tt.want, b.e.Accesses(&b.x))
			})
		}
	})
}

// An access across two pages is one record.
func TestAccessRecordingAcrossPages(t *testing.T) {
	eachWidth(t, func(t *testing.T, w Width) {
		b := newBench(t, w, 0x89, 0x03)
		at := uint64(dataAt + 4096 - 2)
		copy(b.mem[2*4096-2:], []byte{1, 2, 3, 4})
		b.core.GPR[0], b.core.GPR[3] = 0xaabbccdd, at
		require.True(t, b.retired())
		require.Equal(t, []byte{0xdd, 0xcc, 0xbb, 0xaa}, b.mem[2*4096-2:2*4096+2])
		require.Equal(t, []Access{{Addr: at, Old: 0x04030201, New: 0xaabbccdd, Size: 4, Kind: Write}}, b.e.Accesses(&b.x))
	})
}

func TestUnmapSplitsARegion(t *testing.T) {
	b := newBench(t, Width32, 0x8b, 0x03)
	require.NoError(t, b.e.Unmap(dataAt, 4096))
	b.core.GPR[3] = dataAt
	require.Equal(t, Mem, b.step())
	b.mem[2*4096] = 9
	b.core.GPR[3] = dataAt + 4096
	require.True(t, b.retired())
	require.EqualValues(t, 9, b.core.GPR[0])
	require.EqualValues(t, 9, b.e.Accesses(&b.x)[0].Old, "the recorder's own table was split as well")
	require.Error(t, b.e.Map(dataAt+4096, 4096, ProtRead, unsafe.Pointer(&b.mem[0])), "still mapped")
}
