//go:build unicorn && cgo && linux && amd64

package unicorn

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// Pages mapped here and there, unmapped and mapped again in another order, each
// show their own host memory.
func TestManyMappings(t *testing.T) {
	const pages, apart = 300, 1 << 20
	eachWidth(t, func(t *testing.T, w Width) {
		b := newBench(t, w, 0x8a, 0x03) // mov (%ebx),%al
		host := func(i int) *byte { return &b.mem[4096*(1+i%2)+i] }
		show := func(at, i int) {
			require.NoError(t, b.e.Map(uint64(16+at)*apart, 4096, ProtRead, unsafe.Pointer(&b.mem[4096*(1+i%2)])))
		}
		see := func(at, i int) {
			*host(i) = byte(3*i + 1)
			b.core.RIP, b.core.GPR[3] = codeAt, uint64(16+at)*apart+uint64(i)
			require.True(t, b.retired())
			require.EqualValues(t, byte(3*i+1), byte(b.core.GPR[0]))
		}
		for i := range pages {
			show(i, i)
			see(i, i)
		}
		for i := 0; i < pages; i += 3 {
			require.NoError(t, b.e.Unmap(uint64(16+i)*apart, 4096))
		}
		for i := pages - 3; i >= 0; i -= 3 {
			show(i, i+1)
			see(i, i+1)
		}
		for i := range pages {
			if i%3 != 0 {
				see(i, i)
			}
		}
	})
}
