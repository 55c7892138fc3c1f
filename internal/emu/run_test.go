package emu

import (
	"bytes"
	"fmt"
	"math/rand"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/testkit"
	"trapline/internal/x86"
)

// Places of the machine that free running is tested on.
const (
	runCode  = 0x10000 // 2 pages, writable and executable
	runData  = 0x20000 // 2 pages, writable
	runConst = 0x22000 // 1 page behind them, read-only; unmapped follows
	runAlias = 0x30000 // the code's frames again, writable only
	runStack = 0x41000 // top of 1 page
)

// skipKernel takes every vector by going on somewhere in the code, chosen by
// what happened, with registers that reach memory again.
type skipKernel struct{ size uint64 }

func (k skipKernel) Deliver(m *Machine, c *CPU, t Trap) {
	ev := m.Event().BeginDelivery()
	ev.Trap = t
	c.Sys.CR2 = mix(c.Sys.CR2, uint64(t.Vector)<<32|uint64(t.ErrCode)<<8|uint64(t.Kind)) & 0xffffffff
	if t.Kind == Exception || t.Vector == x86.VecBP {
		c.RIP = runCode + mix(c.Retired, c.RIP)%k.size
	}
	c.GPR[x86.RSP] = runStack - 64 + uint64(t.Vector)%3*8
	c.GPR[x86.RBX] = runData + 0x800
	c.GPR[x86.RSI], c.GPR[x86.RDI] = runData+0x1000-c.Retired%16, runData+0x1ff0+c.Retired%32
	c.GPR[x86.RCX] = c.Retired % 9
	c.RFLAGS &^= x86.TF | x86.DF
}

func (k skipKernel) Hypercall(m *Machine, c *CPU, _ uint64) bool {
	m.Event().BeginMicro()
	c.GPR[x86.RDX] += 3
	c.RIP += 2
	return true
}

func newRunTest(t testing.TB, a x86.Arch, code []byte) *Machine {
	t.Helper()
	m, err := New(Config{Arch: a, CPUs: 1, Memory: 1 << 20})
	require.NoError(t, err)
	t.Cleanup(m.Close)
	c := m.CPUs[0]
	s := c.Space
	f, err := m.Mem.AllocRun(6)
	require.NoError(t, err)
	require.NoError(t, s.Map(runCode, f, 2, Write|Exec))
	require.NoError(t, s.Map(runAlias, f, 2, Write))
	require.NoError(t, s.Map(runData, f+2, 2, Write))
	require.NoError(t, s.Map(runConst, f+4, 1, 0))
	require.NoError(t, s.Map(runStack-PageSize, f+5, 1, Write))
	require.NoError(t, m.WriteBytes(s, runCode, code))
	flat(c)
	c.RIP = runCode
	c.RFLAGS |= x86.IF
	m.Kernel = skipKernel{uint64(len(code))}
	m.Kernel.Deliver(m, c, Trap{Vector: x86.VecDE, Kind: SoftwareInt})
	return m
}

// randomRunCode makes a program of snippets that touch what Run must get
// right. The code wanders into their middles too.
func randomRunCode(r *rand.Rand) []byte {
	var code []byte
	b := func() byte { return byte(r.Intn(256)) }
	rel := func() byte { return byte(r.Intn(64) - 32) }
	disp := func() []byte { // of rbx: in both data pages, over their ends
		d := r.Intn(0x2000) - 0x800
		return []byte{byte(d), byte(d >> 8), byte(d >> 31), byte(d >> 31)}
	}
	snippets := []func() []byte{
		func() []byte { return []byte{0x01, 0xc0 | b()&0x3f} },                     // add r,r
		func() []byte { return []byte{0x83, 0xc0 | b()&0x3f, b()} },                // alu r,imm8
		func() []byte { return []byte{0xb8 | b()&3, b(), 0, 0, 0} },                // mov r,imm
		func() []byte { return append([]byte{0x89, 0x83 | b()&0x38}, disp()...) },  // mov r,(rbx+d)
		func() []byte { return append([]byte{0x8b, 0x83 | b()&0x18}, disp()...) },  // mov (rbx+d),r
		func() []byte { return append([]byte{0x01, 0x83 | b()&0x38}, disp()...) },  // add r,(rbx+d)
		func() []byte { return append([]byte{0xf0, 0x0f, 0xc1, 0x83}, disp()...) }, // lock xadd
		func() []byte { return append([]byte{0x0f, 0xb1, 0x8b}, disp()...) },       // cmpxchg
		func() []byte { return append([]byte{0x87, 0x93}, disp()...) },             // xchg
		func() []byte { return append([]byte{0x66, 0x89, 0x83}, disp()...) },       // mov w
		func() []byte { return append([]byte{0x0f, 0x28, 0x83}, disp()...) },       // movaps load
		func() []byte { return append([]byte{0x0f, 0x29, 0x83}, disp()...) },       // movaps store
		func() []byte { return append([]byte{0x66, 0x0f, 0xef, 0x83}, disp()...) }, // pxor
		func() []byte { return append([]byte{0xdd, 0x83}, disp()...) },             // fld m64
		func() []byte { return append([]byte{0xdd, 0x9b}, disp()...) },             // fstp m64
		func() []byte { return append([]byte{0xdb, 0xbb}, disp()...) },             // fstp m80
		func() []byte { return []byte{0x66, 0x0f, 0x6e, 0xc0 | b()&0x3f} },         // movd
		func() []byte { return []byte{0x66, 0x0f, 0xfe, 0xc0 | b()&0x3f} },         // paddd
		func() []byte { return []byte{0x50 | b()&3} },                              // push
		func() []byte { return []byte{0x58 | b()&1} },                              // pop
		func() []byte { return []byte{0x9c} },                                      // pushf
		func() []byte { return []byte{0x9d} },                                      // popf
		func() []byte { return []byte{0xb8, 0xd5, 8, 0, 0, 0x50, 0x9d} },           // popf of flags
		func() []byte { return []byte{0x70 | b()&15, rel()} },                      // jcc
		func() []byte { return []byte{0xeb, rel()} },                               // jmp
		func() []byte { return []byte{0xe2, rel()} },                               // loop
		func() []byte {
			d := rel()
			return []byte{0xe8, d, byte(int8(d) >> 7), byte(int8(d) >> 7), byte(int8(d) >> 7)}
		}, // call
		func() []byte { return []byte{0xc3} },                       // ret
		func() []byte { return []byte{0xf3, 0xa4 | b()&1, 0x90} },   // rep movs
		func() []byte { return []byte{0xf3, 0xaa | b()&1} },         // rep stos
		func() []byte { return []byte{0xf2 | b()&1, 0xae | b()&1} }, // rep scas
		func() []byte { return []byte{0xf2 | b()&1, 0xa6 | b()&1} }, // rep cmps
		func() []byte { return []byte{0xb9, b() & 31, 0, 0, 0} },    // mov ecx
		func() []byte { return []byte{0xf7, 0xf0 | b()&11} },        // div, idiv
		func() []byte { return []byte{0xcc} },
		func() []byte { return []byte{0xcd, 0x81} },
		func() []byte { return []byte{0xcd, 0x20 | b()&15} },
		func() []byte { return []byte{0x0f, 0xa2} },             // cpuid
		func() []byte { return []byte{0x0f, 0x31} },             // rdtsc
		func() []byte { return []byte{0xfa | b()&1} },           // cli, sti
		func() []byte { return []byte{0x0f, 0x23, 0xc0} },       // mov dr0
		func() []byte { return []byte{0xff, 0xd8} },             // FF /3 register
		func() []byte { return []byte{0xf0, 0x0f, 0xa3, 0xc0} }, // lock bt r
		func() []byte { return []byte{0xd3, 0xe0 | b()&0x1b} },  // shifts by cl
		func() []byte { return []byte{0x0f, 0xaf, 0xc0 | b()&0x1b} },
		func() []byte { return []byte{0xc6, 0x05, b(), 0, 3, 0, b()} },                     // movb imm, alias (32-bit absolute)
		func() []byte { return []byte{0xc6, 0x04, 0x25, b(), b() & 1, 1 + b()&2, 0, b()} }, // movb imm, code or alias
		func() []byte { return []byte{b(), b(), b()} },
	}
	for len(code) < 400 {
		code = append(code, snippets[r.Intn(len(snippets))]()...)
	}
	return code
}

// lockstep runs one machine by Run where it can, another by Step only, and
// compares them after each call.
func lockstep(t *testing.T, r *rand.Rand, stepped, ran *Machine, steps uint64) (free uint64) {
	t.Helper()
	for ran.Seq < steps {
		from, at := ran.CPUs[0].LinearPC(), ran.Seq
		n, why := ran.Run(0, 1+uint64(r.Intn(100)))
		free += n
		if n == 0 {
			require.Equal(t, RunStep, why)
			ran.Step(0)
		}
		for stepped.Seq < ran.Seq {
			stepped.Step(0)
		}
		require.NoError(t, stepped.Err())
		require.NoError(t, ran.Err())
		want, got := stepped.CPUs[0].Core, ran.CPUs[0].Core
		want.CR0, got.CR0 = 0, 0
		require.Equal(t, want, got, "step %d at %#x ran %d: % x", at, from, n, peek(ran, from))
		if r.Intn(16) == 0 {
			require.Equal(t, stepped.Hash(true), ran.Hash(true), "step %d at %#x ran %d: % x", at, from, n, peek(ran, from))
		}
		if r.Intn(64) == 0 {
			stepped.Snapshot()
			ran.Snapshot()
		}
	}
	require.Equal(t, stepped.Hash(true), ran.Hash(true))
	return free
}

func peek(m *Machine, va uint64) []byte {
	b := make([]byte, 32)
	return b[:m.CPUs[0].Space.Peek(va, b)]
}

func TestRunEqualsStep(t *testing.T) {
	free, all := uint64(0), uint64(0)
	for seed := range int64(40) {
		for _, a := range arches {
			r := rand.New(rand.NewSource(seed))
			code := randomRunCode(r)
			stepped, ran := newRunTest(t, a, code), newRunTest(t, a, code)
			ok := t.Run(fmt.Sprint(a, seed), func(t *testing.T) { free += lockstep(t, r, stepped, ran, 1000) })
			all += ran.Seq
			ran.Close()
			stepped.Close()
			if !ok {
				return
			}
		}
	}
	t.Logf("%d of %d steps ran freely", free, all)
	require.Greater(t, free, all/10)
}

// Bytes that abort or crash the library are never translated, whether they
// are reached or not.
func TestRunKeepsKillersAway(t *testing.T) {
	for _, killer := range [][]byte{
		{0x0f, 0x23, 0xc0},         // mov %eax,%dr0
		{0xff, 0xd8}, {0xff, 0xe8}, // FF /3 and FF /5 with a register
		{0xf0, 0x39, 0x00},             // lock cmp
		{0xf0, 0x0f, 0xa3, 0xc0},       // lock bt of a register
		{0xf0, 0x0f, 0xba, 0xe8, 1, 0}, // lock bts of a register
	} {
		testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
			code := append([]byte{0x31, 0xc0, 0x74, byte(len(killer))}, killer...) // xor; jz behind it
			m, c := newTest(t, a, append(code, 0x90, 0x40, 0xcc)...)
			n, why := m.Run(0, 100)
			require.NoError(t, m.Err())
			require.Equal(t, RunStep, why)
			require.GreaterOrEqual(t, n, uint64(3), "% x", killer)
			c.RIP = 0x1004
			n, _ = m.Run(0, 100)
			require.Zero(t, n)
			require.NoError(t, m.Err())
		})
	}
}

// runStackFrame is the frame of the stack's page.
const runStackFrame Frame = 5

// ENTER and PUSHA keep what they stored before a fault, so Run does not begin one
// that it cannot end: memory changes in the step.
func TestRunDoesNotBeginWhatKeepsItsStores(t *testing.T) {
	for _, code := range [][]byte{
		{0xc8, 0, 0, 31}, // enter $0, $31: 32 words onto a stack of 16 bytes
		{0x60},           // pusha
	} {
		m := newRunTest(t, x86.I386, append([]byte{0x90}, code...))
		c := m.CPUs[0]
		c.GPR[x86.RSP] = runStack - PageSize + 16
		c.GPR[x86.RBP], c.GPR[x86.RAX] = runStack-16, 0x01010101
		before := bytes.Clone(m.Mem.Bytes(runStackFrame))
		n, why := m.Run(0, 100)
		require.Equal(t, RunStep, why)
		require.Equal(t, uint64(1), n, "the nop")
		require.Equal(t, before, m.Mem.Bytes(runStackFrame), "% x", code)
		m.Step(0)
		require.NotEqual(t, before, m.Mem.Bytes(runStackFrame), "% x: the step stores before it faults", code)
	}
}

// A page that code ran from is taken from the runner: stores to it, through
// any mapping and by anyone, are seen.
func TestRunSeesCodeChange(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		m := newRunTest(t, a, []byte{0xb8, 1, 0, 0, 0 /* mov $1,%eax */, 0xcc})
		c := m.CPUs[0]
		run := func() uint64 {
			c.RIP = runCode
			n, _ := m.Run(0, 10)
			require.EqualValues(t, 1, n)
			return c.GPR[x86.RAX]
		}
		require.EqualValues(t, 1, run())
		require.NoError(t, m.WriteBytes(c.Space, runCode+1, []byte{2}))
		require.EqualValues(t, 2, run())
		require.NoError(t, m.WriteBytes(c.Space, runAlias+1, []byte{3}))
		require.EqualValues(t, 3, run())
		before := m.Snapshot()
		require.True(t, m.PokeWord(c.Space, runCode+1, 1, 4))
		require.EqualValues(t, 4, run())
		m.Restore(before)
		require.EqualValues(t, 3, run())
		f, err := m.Mem.Alloc()
		require.NoError(t, err)
		copy(m.Mem.Bytes(f), []byte{0xb8, 5, 0, 0, 0, 0xcc})
		require.NoError(t, c.Space.Map(runCode, f, 1, Exec))
		require.EqualValues(t, 5, run())
	})
}

// Counting is by iteration, and a limit may fall between two.
func TestRunRepStopsBetweenIterations(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		m, c := newTest(t, a, 0xf3, 0xaa /* rep stosb */, 0x90, 0xcc)
		c.GPR[x86.RCX], c.GPR[x86.RDI] = 100, 0x5000
		n, why := m.Run(0, 60)
		require.EqualValues(t, 60, n)
		require.Equal(t, RunBound, why)
		require.EqualValues(t, 40, c.GPR[x86.RCX])
		n, why = m.Run(0, 60)
		require.EqualValues(t, 41, n)
		require.Equal(t, RunStep, why)
		require.EqualValues(t, 101, c.Retired)
	})
}
