//go:build unicorn && cgo && linux && amd64

package unicorn

import (
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"trapline/internal/emu/regs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	codeAt  = 0x1000
	dataAt  = 0x5000 // two pages
	stackAt = 0x9000
	tf      = 1 << 8
)

// bench is one instance with code, data and a stack, and one vCPU on it.
type bench struct {
	*testing.T
	e    *Engine
	c    *Context
	core Core
	x    Exit
	mem  []byte // host memory: code, data, data, stack
}

func newBench(t *testing.T, w Width, code ...byte) *bench {
	t.Helper()
	mem, err := syscall.Mmap(-1, 0, 4*4096, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, syscall.Munmap(mem)) })
	b := &bench{T: t, mem: mem}
	copy(mem, code)
	b.e = b.open(w)
	b.c, err = b.e.NewContext()
	require.NoError(t, err)
	t.Cleanup(b.c.Close)
	b.core = flatCore(w)
	return b
}

// open makes an instance that shows the bench's memory.
func (b *bench) open(w Width) *Engine {
	b.Helper()
	e, err := Open(w, true)
	require.NoError(b, err)
	b.Cleanup(e.Close)
	require.NoError(b, e.Map(codeAt, 4096, ProtRead|ProtWrite|ProtExec, unsafe.Pointer(&b.mem[0])))
	require.NoError(b, e.Map(dataAt, 2*4096, ProtRead|ProtWrite, unsafe.Pointer(&b.mem[4096])))
	require.NoError(b, e.Map(stackAt, 4096, ProtRead|ProtWrite, unsafe.Pointer(&b.mem[3*4096])))
	return e
}

// flatCore is ring 0 with flat segments, about to run codeAt.
func flatCore(w Width) Core {
	c := Core{RIP: codeAt, RFLAGS: 2}
	c.GPR[4] = stackAt + 4096
	for i := range c.Seg {
		c.Seg[i] = regs.Seg{Sel: 0x18, Limit: 0xffffffff, Flags: 0x00cf9300}
	}
	c.Seg[1] = regs.Seg{Sel: 0x10, Limit: 0xffffffff, Flags: 0x00cf9b00}
	if w == Width64 {
		c.Seg[1].Flags = 0x00af9b00
		c.Code64 = 1
	}
	return c
}

func (b *bench) step() Status {
	b.e.Step(b.c, &b.core, &b.x, true)
	return b.x.Status
}

// retired reports whether the step completed: with its own TF the library
// says so by vector 1.
func (b *bench) retired() bool {
	b.step()
	return b.x.Status == OK || b.x.Status == Intr && b.x.Vector == 1
}

var widths = map[string]Width{"i386": Width32, "x86_64": Width64}

func eachWidth(t *testing.T, f func(*testing.T, Width)) {
	for name, w := range widths {
		t.Run(name, func(t *testing.T) { f(t, w) })
	}
}
