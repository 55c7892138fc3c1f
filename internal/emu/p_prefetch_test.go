package emu

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/testkit"
	"trapline/internal/x86"
)

// TestP13PrefetchWindow: a store by another vCPU into code that was fetched
// ahead is not seen until a taken branch; without a window it is seen at once.
func TestP13PrefetchWindow(t *testing.T) {
	for _, window := range []int{0, 16} {
		m, c := newTest(t, x86.I386,
			0x90,    // 0 nop
			0xb0, 1, // 1 mov $1,%al
			0xeb, 0xfc, // 3 jmp 1
		)
		m.prefetch = window
		at := c.LinearPC()
		al := func() uint64 { m.Step(0); return c.Reg(x86.RAX) & 0xff }
		m.Step(0)
		before := m.Snapshot()
		require.True(t, m.PokeWord(c.Space, at+2, 1, 2)) // the other vCPU's store
		stale := map[bool]uint64{true: 1, false: 2}[window > 0]
		require.Equal(t, stale, al())
		var b [1]byte
		c.Space.Peek(at+2, b[:])
		require.EqualValues(t, 2, b[0], "memory keeps the store")
		m.Step(0) // jmp
		require.EqualValues(t, 2, al(), "a taken branch empties the window")
		m.Restore(before)
		require.True(t, m.PokeWord(c.Space, at+2, 1, 2))
		require.Equal(t, stale, al(), "the window is part of the snapshot")
	}
	_, err := New(Config{Arch: x86.I386, CPUs: 1, Prefetch: MaxPrefetch + 1})
	require.ErrorContains(t, err, "expected 0 to 32")
}

// staleCase is code whose first instruction is a nop that fills the window;
// the second has changed in memory by the time it runs.
type staleCase struct {
	name string
	code []byte
	n    int // steps of the changed instruction
}

var staleCases = []staleCase{
	{"load that faults", []byte{0x8b, 0x05, 0, 0x90, 0, 0}, 1},
	{"store that faults", []byte{0x89, 0x05, 0, 0x90, 0, 0}, 1},
	{"read-modify-write", []byte{0x83, 0x06, 7}, 1},
	{"read-modify-write that faults", []byte{0x83, 0x07, 7}, 1},
	{"string, one iteration", []byte{0xf3, 0xac}, 1},
	{"push", []byte{0x50}, 1},
	{"undefined", []byte{0x0f, 0x0b}, 1},
	{"int3", []byte{0xcc}, 1},
	{"divide error", []byte{0xf7, 0xf1}, 1},
	{"SSE store", []byte{0x0f, 0x11, 0x06}, 1},
	{"hlt", []byte{0xf4}, 1},
	{"cpuid", []byte{0x0f, 0xa2}, 1},
}

func pageText(c *CPU, at uint64) string {
	var b [PageSize]byte
	c.Space.Peek(at, b[:])
	return string(b[:])
}

// TestP13StaleBytesStayOutOfMemory: an instruction that runs from the window
// does what it would do if memory had not changed, whichever way it ends, and
// memory keeps what the other vCPU stored.
func TestP13StaleBytesStayOutOfMemory(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, s := range staleCases {
			t.Run(s.name, func(t *testing.T) {
				run := func(changed bool) (*Machine, *CPU) {
					m, c, _ := newTaken(t, a, append([]byte{0x90}, s.code...)...)
					m.prefetch = 16
					c.GPR[x86.RSI], c.GPR[x86.RDI], c.GPR[x86.RCX] = 0x5000, 0x9000, 0
					m.Step(0)
					if changed {
						require.NoError(t, m.WriteBytes(c.Space, 0x1001, make([]byte, len(s.code))))
					}
					for range s.n {
						m.Step(0)
					}
					require.NoError(t, m.Err())
					return m, c
				}
				m1, c1 := run(false)
				core, writes, data := c1.Core, slices.Clone(m1.ev.Writes), pageText(c1, 0x5000)
				m2, c2 := run(true)
				require.Equal(t, core, c2.Core)
				require.ElementsMatch(t, writes, m2.ev.Writes)
				require.Equal(t, data, pageText(c2, 0x5000))
				var b [8]byte
				c2.Space.Peek(0x1001, b[:len(s.code)])
				require.Equal(t, make([]byte, len(s.code)), b[:len(s.code)])
			})
		}
	})
}

// TestP13StaleInstructionSeesMemory: an instruction's own data are memory's
// even where they are its own bytes, and so is what it leaves there.
func TestP13StaleInstructionSeesMemory(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		m, c := newTest(t, a, 0x90, 0x8b, 0x06 /* mov (%esi),%eax */, 0x83, 0x06, 1 /* addl $1,(%esi) */, 0x90, 0x90)
		m.prefetch = 16
		c.GPR[x86.RSI] = 0x1001
		m.Step(0)
		require.True(t, m.PokeWord(c.Space, 0x1001, 4, 0x11223344))
		m.Step(0)
		require.EqualValues(t, 0x11223344, uint32(c.GPR[x86.RAX]))
		require.EqualValues(t, 0x11223344, m.ev.Reads[0].Value)
		m.Step(0)
		v, _ := m.PeekWord(c.Space, 0x1001, 4)
		require.EqualValues(t, 0x11223345, v)
		require.Zero(t, c.fetched.n, "its own store empties the window")
	})
}

// microKernel runs hypercalls that store a byte at 0x1003 and read it back.
type microKernel struct {
	taken
	read uint64
}

func (k *microKernel) Hypercall(m *Machine, c *CPU, _ uint64) bool {
	m.ev.BeginMicro()
	k.read, _ = m.PeekWord(c.Space, 0x1001, 1)
	m.PokeWord(c.Space, 0x1002, 1, 0x55)
	c.RIP += 2
	return true
}

// TestP13StaleHypercall: a micro-step that runs from the window reads and
// writes memory.
func TestP13StaleHypercall(t *testing.T) {
	m, c, _ := newTaken(t, x86.I386, 0x90, 0xcd, 0x81, 0x90)
	k := new(microKernel)
	m.Kernel, m.prefetch = k, 16
	m.Step(0)
	require.True(t, m.PokeWord(c.Space, 0x1001, 2, 0x9090))
	m.Step(0)
	require.EqualValues(t, 0x90, k.read)
	v, _ := m.PeekWord(c.Space, 0x1001, 2)
	require.EqualValues(t, 0x5590, v)
	require.Zero(t, c.fetched.n)
}

// TestP13WhatEmptiesTheWindow: after each of these the next instruction is
// fetched from memory, as the event says; after others it is not.
func TestP13WhatEmptiesTheWindow(t *testing.T) {
	for _, x := range []struct {
		name    string
		code    []byte
		empties bool
	}{
		{"nop", []byte{0x90}, false},
		{"jcc not taken", []byte{0x0f, 0x84, 0, 0, 0, 0}, false},
		{"mfence", []byte{0x0f, 0xae, 0xf0}, false},
		{"wbinvd with a prefix", []byte{0x66, 0x0f, 0x09}, true},
		{"jmp to the next", []byte{0xeb, 0}, true},
		{"call of the next", []byte{0xe8, 0, 0, 0, 0}, true},
		{"cpuid", []byte{0x0f, 0xa2}, true},
		{"mov to dr0", []byte{0x0f, 0x23, 0xc0}, true},
		{"invlpg", []byte{0x0f, 0x01, 0x3e}, true},
		{"store ahead", []byte{0xc6, 0x06, 0x90}, true},
		{"rep with iterations left", []byte{0xf3, 0xa4}, true},
	} {
		m, c, _ := newTaken(t, x86.I386, append(append([]byte{0x90}, x.code...), 0x90, 0x90, 0x90)...)
		m.prefetch = 16
		c.GPR[x86.RSI], c.GPR[x86.RDI], c.GPR[x86.RCX] = 0x100a, 0x5000, 2
		require.Equal(t, 16, m.Step(0).Fetched)
		ev := m.Step(0)
		require.Equal(t, StepInstruction, ev.Kind, x.name)
		require.Equal(t, 1, ev.Fetched, "the byte behind the window: %s", x.name)
		require.Equal(t, x.empties, m.Step(0).Fetched == 16, x.name)
	}
}

// TestP13FetchAtTheEndOfMemory: a window that ends with the page says that it
// asked for more, since a page that comes there would change it.
func TestP13FetchAtTheEndOfMemory(t *testing.T) {
	m, c := newTest(t, x86.I386)
	m.prefetch = 16
	require.NoError(t, m.WriteBytes(c.Space, 0x1ffc, []byte{0x90, 0x90, 0x90, 0x90}))
	c.RIP = 0x1ffc
	require.Equal(t, 16, m.Step(0).Fetched)
	require.EqualValues(t, 4, c.fetched.n)
}
