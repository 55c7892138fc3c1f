package emu

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"trapline/internal/x86"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var arches = []x86.Arch{x86.I386, x86.AMD64}

// taken is a Kernel that only writes down which vectors reach it.
type taken struct{ traps []Trap }

func (k *taken) Deliver(m *Machine, _ *CPU, t Trap) {
	d := m.ev.BeginDelivery()
	d.Trap = t
	k.traps = append(k.traps, t)
}

func (k *taken) Hypercall(*Machine, *CPU, uint64) bool { return false }

// last is the vector taken last.
func (k *taken) last(t *testing.T) Trap {
	t.Helper()
	require.NotEmpty(t, k.traps, "nothing was delivered")
	return k.traps[len(k.traps)-1]
}

// newTaken is newTest with a kernel that writes down traps.
func newTaken(t *testing.T, a x86.Arch, code ...byte) (*Machine, *CPU, *taken) {
	t.Helper()
	m, c := newTest(t, a, code...)
	k := new(taken)
	m.Kernel = k
	return m, c, k
}

// ring3 makes c run in ring 3 on pages that allow it.
func ring3(c *CPU) {
	c.setSeg(x86.CS, 0x23, flatCode(3, c.Space.arch == x86.AMD64))
	for _, i := range []int{x86.ES, x86.SS, x86.DS, x86.FS, x86.GS} {
		c.setSeg(i, 0x2b, flatData(3))
	}
	c.Space.Protect(0x1000, 1, Write|Exec|User)
	c.Space.Protect(0x5000, 1, Write|User)
	c.Space.Protect(0x7000, 1, Write|User)
}
