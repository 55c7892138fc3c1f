package emu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu/unicorn"
	"trapline/internal/x86"
)

// freeCode are loops of code as compilers make it: rcx turns, then INT3.
var freeCode = []struct {
	name  string
	insns uint64 // in a turn
	code  []byte
}{
	{"alu", 6, []byte{
		0x01, 0xd8, // 1: add %ebx,%eax
		0xc1, 0xc0, 5, // rol $5,%eax
		0x31, 0xc3, // xor %eax,%ebx
		0x8d, 0x54, 0x18, 7, // lea 7(%rax,%rbx),%edx
		0xff, 0xc9, // dec %ecx
		0x75, 0xf1, // jnz 1b
		0xcc,
	}},
	{"load", 5, []byte{
		0x03, 0x06, // 1: add (%rsi),%eax
		0x33, 0x46, 8, // xor 8(%rsi),%eax
		0x03, 0x46, 16, // add 16(%rsi),%eax
		0xff, 0xc9, // dec %ecx
		0x75, 0xf4, // jnz 1b
		0xcc,
	}},
	{"mixed", 14, []byte{
		0xe8, 0x05, 0, 0, 0, // 1: call 2f
		0xff, 0xc9, // dec %ecx
		0x75, 0xf7, // jnz 1b
		0xcc,
		0x53,       // 2: push %rbx
		0x8b, 0x1e, // mov (%rsi),%ebx
		0x83, 0xc3, 3, // add $3,%ebx
		0x89, 0x1e, // mov %ebx,(%rsi)
		0x39, 0xd8, // cmp %ebx,%eax
		0x74, 0x02, // je 3f
		0x01, 0xd8, // add %ebx,%eax
		0xf6, 0xc3, 1, // 3: test $1,%bl
		0x0f, 0x44, 0xc3, // cmove %ebx,%eax
		0x5b, // pop %rbx
		0xc3, // ret
	}},
}

func newFreeRun(b *testing.B, code []byte) (*Machine, *CPU) {
	m, c := newTest(b, x86.AMD64, code...)
	c.GPR[x86.RSI] = 0x5000
	return m, c
}

// BenchmarkFreeRun compares, for the same code and in one process, Run, Step
// and the library as it is. Times are for one guest instruction.
func BenchmarkFreeRun(b *testing.B) {
	for _, p := range freeCode {
		b.Run(p.name+"/bare", func(b *testing.B) {
			m, c := newFreeRun(b, p.code)
			eng, err := unicorn.Open(unicorn.Width64, false)
			require.NoError(b, err)
			defer eng.Close()
			for vpn, pte := range c.Space.pages {
				require.NoError(b, eng.Map(vpn*PageSize, PageSize, libProt(pte.Prot), m.Mem.host(pte.Frame)))
			}
			turns := uint64(b.N)/p.insns + 1
			c.GPR[x86.RCX] = turns
			b.ResetTimer()
			eng.Run(c.ctx, &c.Core, &c.x, 0, true)
			b.StopTimer()
			require.Equal(b, unicorn.Intr, c.x.Status)
			require.Zero(b, c.GPR[x86.RCX])
		})
		b.Run(p.name+"/run", func(b *testing.B) {
			m, c := newFreeRun(b, p.code)
			turns := uint64(b.N)/p.insns + 1
			c.GPR[x86.RCX] = turns
			b.ResetTimer()
			n, why := m.Run(0, 1<<62)
			b.StopTimer()
			require.Equal(b, RunStep, why)
			require.Equal(b, turns*p.insns, n)
			require.Zero(b, c.GPR[x86.RCX])
		})
		for _, processor := range []Processor{Interp, Unicorn} {
			b.Run(p.name+"/step/"+processor.String(), func(b *testing.B) {
				m, c := newFreeRun(b, p.code)
				c.Space.processor = processor
				c.GPR[x86.RCX] = uint64(b.N) + 1
				b.ReportAllocs()
				b.ResetTimer()
				for range b.N {
					m.Step(0)
				}
				require.NoError(b, m.Err())
			})
		}
		b.Run(p.name+"/lean", func(b *testing.B) {
			m, c := newFreeRun(b, p.code)
			c.GPR[x86.RCX] = uint64(b.N) + 1
			b.ResetTimer()
			for range b.N {
				m.StepLean(0)
			}
			require.NoError(b, m.Err())
		})
	}
}

// BenchmarkRunEntry is a Run that ends at once: what each of many short runs
// costs besides its instructions.
func BenchmarkRunEntry(b *testing.B) {
	m, c := newFreeRun(b, []byte{0x90, 0x0f, 0x31}) // nop; rdtsc
	for b.Loop() {
		c.RIP = 0x1000
		m.Run(0, 100)
	}
	require.NoError(b, m.Err())
}

// BenchmarkMapUnmap maps a page, has the guest use it, and unmaps it.
func BenchmarkMapUnmap(b *testing.B) {
	m, c := newFreeRun(b, []byte{0x8b, 0x06, 0xeb, 0xfc}) // 1: mov (%rsi),%eax; jmp 1b
	f, err := m.Mem.Alloc()
	require.NoError(b, err)
	c.GPR[x86.RSI] = 0x9000
	for b.Loop() {
		require.NoError(b, c.Space.Map(0x9000, f, 1, Write))
		m.Step(0)
		m.Step(0)
		c.Space.Unmap(0x9000, 1)
	}
	require.NoError(b, m.Err())
	require.Empty(b, c.Shutdown)
}
